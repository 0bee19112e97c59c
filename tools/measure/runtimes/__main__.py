"""What general runtimes for networks would cost the page instead of its own, in Chromium.

    python -m tools.measure.runtimes    DIGITPAD_DATA names the data

Compares the page's network with ONNX Runtime Web and TensorFlow.js, all in WebAssembly with SIMD and one thread, under
the pages' content security policy: the compressed bytes that a browser loads, the time from pixels to probabilities of
MNIST's test images, and the largest difference of a probability. npm installs the two into a temporary folder, as
package-lock.json pins them. Chromium is scheduled before other work.
"""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Browser, Page

from backend.settings import TOP
from backend.web.security import CONTENT_SECURITY_POLICY
from tools.chromium import open_chromium
from tools.measure.browser import before_other_work
from training.sources import load_mnist

HERE = Path(__file__).parent
RUNTIMES = {"own": "the page's network", "onnx": "ONNX Runtime Web", "tensorflow": "TensorFlow.js"}
ROUNDS = 6  # in turn; the first one warms up
IMAGES = 100  # a round
WEIGHTS = (".bin", ".onnx")
START = "async (name) => (await import('/runtimes.js')).start(name)"
MEASURE = "async (text) => (await import('/runtimes.js')).measure(text)"


class Files(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        """Allow scripts what the pages allow them."""
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address at which the folder's files are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def install(folder: Path) -> None:
    """Put the runtimes, the models and the page's code into a folder."""
    for name in ("package.json", "package-lock.json", "runtimes.js"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
    for name in ("frontend", "models"):
        (folder / name).symlink_to(TOP / name)
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,">')


def open_runtime(browser: Browser, url: str, name: str, folder: Path) -> tuple[Page, str]:
    """A page with the runtime, and the bytes that it loaded."""
    page = browser.new_context().new_page()
    page.goto(url)
    paths: list[str] = []
    page.on("requestfinished", lambda request: paths.append(urlsplit(request.url).path))
    page.evaluate(START, name)
    sizes = {path: len(gzip.compress((folder / path[1:]).read_bytes(), 6)) for path in paths if path != "/runtimes.js"}
    weights = sum(size for path, size in sizes.items() if path.endswith(WEIGHTS))
    code = sum(sizes.values()) - weights
    return page, f"{code + weights:,} bytes compressed ({code:,} of code, {weights:,} of weights)"


def measure(folder: Path, images: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    with serve(folder) as url, open_chromium() as browser:
        opened = {name: open_runtime(browser, url, name, folder) for name in RUNTIMES}
        before_other_work()
        times: dict[str, list[float]] = {name: [] for name in RUNTIMES}
        probabilities: dict[str, list[list[float]]] = {name: [] for name in RUNTIMES}
        for i, batch in enumerate(np.split(images, ROUNDS)):
            for name, (page, _) in opened.items():
                result = page.evaluate(MEASURE, base64.b64encode(batch.tobytes()).decode())
                probabilities[name] += result["probabilities"]
                times[name] += result["times"] if i else []
    for name, (_, size) in opened.items():
        took = sorted(times[name])
        difference = np.abs(np.array(probabilities[name]) - np.array(probabilities["own"])).max()
        print(f"{RUNTIMES[name]}: {size}; ", end="")
        print(f"pixels to probabilities of {len(took)} images: median {statistics.median(took):.1f} ms, ", end="")
        print(f"90th percentile {took[len(took) * 9 // 10]:.1f}; probabilities as the page's within {difference:.6f}")


def main() -> None:
    named = os.environ.get("DIGITPAD_DATA")
    if named is None:
        sys.exit("Let DIGITPAD_DATA name the folder with the data.")
    with tempfile.TemporaryDirectory() as name:
        install(Path(name))
        measure(Path(name), load_mnist(Path(named))[2][: ROUNDS * IMAGES])


if __name__ == "__main__":
    main()
