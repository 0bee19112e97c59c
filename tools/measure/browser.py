"""How closely and how fast the page's own reading follows the server's, in Chromium.

    python -m tools.measure.browser [COUNT]    DIGITPAD_DATA names the data; COUNT limits the drawings of each kind

Reads the `val` drawings of pens.npz, drawn as training draws them, and MNIST's test images in both places: agreement of
digit and verdict, of probabilities and of the 28x28 images; the time from pixels to probabilities, also with the
processor slowed six times; and the sizes of the files. It reports; nothing may be tuned on these drawings.
"""

from __future__ import annotations

import base64
import gzip
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Reading, Recognizer, network_input
from backend.settings import TOP
from tools.chromium import open_chromium, visit
from tools.server import Server, family
from training.drawing import Strokes, draw_at_random
from training.sources import Pens, load_mnist

BATCH = 100  # images sent to the page at once
SLOWED = 6  # times, as a cheap phone is

READ_IMAGES = """async ([text, side, plain]) => {
  const { Reader } = await import("/static/js/reading/reader.js");
  const reader = (globalThis.readers ??= {})[plain] ??= new Reader({ plain });
  const letters = atob(text);
  const gray = new Uint8Array(letters.length);
  for (let i = 0; i < gray.length; i++) gray[i] = letters.charCodeAt(i);
  const results = [];
  for (let start = 0; start < gray.length; start += side * side) {
    const { data } = new ImageData(side, side);
    for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : gray[start + (i >> 2)];
    const result = await reader.read({ pixels: { data, width: side, height: side } });
    results.push({ ...result, seen: [...result.seen ?? []], probabilities: [...result.probabilities ?? []] });
  }
  return results;
}"""

TIME_IMAGES = """async ([text, side, plain]) => {
  const [{ findInkInColor }, { normalize }, { Network }] = await Promise.all(
    ["ink", "normalize", "network"].map((name) => import(`/static/js/reading/${name}.js`)));
  const load = async (name) => (await fetch(`/static/model/${name}`)).arrayBuffer();
  const network = await Network.load(await load("network.bin"), plain ? null : await load("convolution.wasm"));
  const letters = atob(text);
  const gray = new Uint8Array(letters.length);
  for (let i = 0; i < gray.length; i++) gray[i] = letters.charCodeAt(i);
  const times = [];
  for (let start = 0; start < gray.length; start += side * side) {
    const { data } = new ImageData(side, side);
    for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : gray[start + (i >> 2)];
    await new Promise((resolve) => setTimeout(resolve));
    const began = performance.now();
    network.run(normalize(findInkInColor({ data, width: side, height: side })).data);
    times.push(performance.now() - began);
  }
  return times;
}"""

# Draws strokes as frontend/js/view/paper.js does, and reads them as strokes.
READ_STROKES = """async ([drawings, plain]) => {
  const { Reader } = await import("/static/js/reading/reader.js");
  const { curve } = await import("/static/js/model/geometry.js");
  const { rasterize } = await import("/static/js/reading/rasterize.js");
  const reader = (globalThis.readers ??= {})[plain] ??= new Reader({ plain });
  const canvas = new OffscreenCanvas(280, 280);
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  context.lineCap = context.lineJoin = "round";
  const text = (gray) => btoa(gray.reduce((characters, byte) => characters + String.fromCharCode(byte), ""));
  const results = [];
  for (const strokes of drawings) {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, 280, 280);
    for (const { points, width } of strokes) {
      context.lineWidth = width;
      context.stroke(new Path2D(curve(points)));
    }
    const pixels = context.getImageData(0, 0, 280, 280).data.filter((_, i) => i % 4 === 0);
    const start = performance.now();
    const own = rasterize(strokes).data;
    const rasterizing = performance.now() - start;
    const result = await reader.read({ strokes });
    results.push({ canvas: text(new Uint8Array(pixels)), own: text(own), rasterizing,
      result: { ...result, seen: [...result.seen ?? []], probabilities: [...result.probabilities ?? []] } });
  }
  return results;
}"""


class Compared(NamedTuple):
    """A drawing, read by the server and by the page."""

    server: Reading
    page: dict[str, Any]
    levels: int  # the largest difference of the 28x28 images
    probability: float  # the largest difference of the eleven probabilities

    @property
    def agree(self) -> bool:
        reading = self.page["reading"]
        return bool((reading["digit"], reading["verdict"]) == (self.server.digit, self.server.verdict))


def read_images(page: Page, images: npt.NDArray[np.uint8], plain: bool = False) -> list[dict[str, Any]]:
    """What the page's reading says of gray images (n, side, side): the results of reader.js."""
    results = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        results += page.evaluate(READ_IMAGES, [base64.b64encode(batch.tobytes()).decode(), int(images.shape[1]), plain])
    return results


def read_strokes(page: Page, drawings: list[list[dict[str, Any]]], plain: bool = False) -> list[dict[str, Any]]:
    """The same of strokes, and what Chromium's canvas and rasterize.js make of them."""
    results = []
    for start in range(0, len(drawings), BATCH):
        results += page.evaluate(READ_STROKES, [drawings[start : start + BATCH], plain])
    for each in results:
        for name in ("canvas", "own"):
            each[name] = np.frombuffer(base64.b64decode(each[name]), np.uint8).reshape(280, 280)
    return results


def as_page_strokes(strokes: Strokes, width: float) -> list[dict[str, Any]]:
    return [{"points": [{"x": x, "y": y, "t": 0} for x, y in each.tolist()], "width": width} for each in strokes]


def compare(recognizer: Recognizer, image: Image, result: dict[str, Any]) -> Compared:
    seen = normalize(find_ink(image))
    eleven = recognizer.network(network_input(seen[None]))[0]
    levels = np.abs(seen.ravel().astype(int) - np.array(result["seen"], int)).max()
    difference = np.abs(eleven - np.array(result["probabilities"])).max()
    return Compared(recognizer.judge(eleven), result, int(levels), float(difference))


def report(name: str, compared: list[Compared]) -> None:
    n = len(compared)
    agree = sum(each.agree for each in compared)
    levels = sum(each.levels <= 2 for each in compared)
    close = sum(each.probability <= 0.02 for each in compared)
    print(
        f"{name}: {n:,} drawings, digit and verdict agree {agree / n:.2%} ({n - agree} differ), probabilities within "
        f"0.02 {close / n:.2%} (at most {max(each.probability for each in compared):.5f}), 28x28 within 2 levels "
        f"{levels / n:.2%} (at most {max(each.levels for each in compared)})",
        flush=True,
    )


def times(page: Page, images: npt.NDArray[np.uint8], what: str, plain: bool = False, slowed: float = 1) -> None:
    """Print the time from pixels to probabilities, measured in the page itself, because workers are not slowed."""
    before_other_work()
    browser = page.context.new_cdp_session(page)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    text = base64.b64encode(images.tobytes()).decode()
    took = sorted(page.evaluate(TIME_IMAGES, [text, int(images.shape[1]), plain])[len(images) // 4 :])
    browser.detach()
    print(
        f"{what}: median {statistics.median(took):.2f} ms, 90th percentile {took[len(took) * 9 // 10]:.2f}", flush=True
    )


def before_other_work() -> None:
    """Schedule our processes, such as the browser's, before all others (Linux, as root), so that these don't count."""
    with suppress(AttributeError, PermissionError, ProcessLookupError):
        for process in family(os.getpid()):
            for thread in Path(f"/proc/{process}/task").iterdir():
                os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))


def sizes() -> None:
    for name in ("frontend/model/network.bin", "frontend/model/convolution.wasm"):
        data = (TOP / name).read_bytes()
        print(f"{name}: {len(data):,} bytes, {len(gzip.compress(data, 6)):,} compressed")
    scripts = [each.read_bytes() for each in sorted((TOP / "frontend/js/reading").glob("*.js"))]
    print(f"frontend/js/reading/*.js: {sum(map(len, scripts)):,} bytes, ", end="")
    print(f"{sum(len(gzip.compress(each, 6)) for each in scripts):,} compressed")


def measure(page: Page, data: Path, count: int | None) -> None:
    recognizer = Recognizer(TOP)
    pens = Pens(data / "pens.npz")
    val = np.flatnonzero(pens.split == "val")[:count]
    rng = np.random.default_rng(0)
    drawn = np.stack([255 - draw_at_random(pens.strokes(i), rng) for i in val])
    kinds = {"val": drawn, "MNIST's test images": load_mnist(data)[2][:count]}
    for name, images in kinds.items():
        pairs = zip(images, read_images(page, images), strict=True)
        report(name, [compare(recognizer, image, result) for image, result in pairs])
    times(page, drawn[:400], "pixels to probabilities")
    times(page, drawn[:100], "in plain JavaScript", plain=True)
    times(page, drawn[:200], f"processor slowed {SLOWED} times", slowed=SLOWED)
    sizes()


@contextmanager
def open_page() -> Iterator[Page]:
    """The drawing page in Chromium, of a server that runs meanwhile."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server({"INSTANCE": folder}, log=Path(folder, "log")) as server,
        open_chromium() as browser,
    ):
        page = browser.new_page()
        visit(page, server.url)
        yield page


def main() -> None:
    named = os.environ.get("DIGITPAD_DATA")
    if named is None:
        sys.exit("Let DIGITPAD_DATA name the folder with the data.")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with open_page() as page:
        measure(page, Path(named), count)


if __name__ == "__main__":
    main()
