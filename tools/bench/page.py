"""The page in Chromium: how long a person waits for the digit."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools.bench.processes import digitpad
from tools.hand import DIGITS, on_canvas, placed

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)

# From the pen's lifting to the frame in which the reading of the finished drawing stands on the screen.
WATCH = """() => {
  const result = document.querySelector("#result");
  window.waits = [];
  let lifted = null;
  addEventListener("pointerup", (event) => { lifted = event.timeStamp; }, { capture: true });
  new MutationObserver(() => {
    if (lifted === null || !["digit", "unsure", "not_a_digit"].includes(result.dataset.kind)) return;
    const since = lifted;
    lifted = null;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.waits.push(performance.now() - since);
      painted.port2.postMessage(null);
    });
  }).observe(result, { attributes: true, attributeFilter: ["data-kind"] });
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises RuntimeError where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("Chromium is missing; install it (on Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def pen_to_digit(repeats: int) -> list[float]:
    """Milliseconds from lifting the pen to the digit on the screen, for drawings of all ten digits."""
    with tempfile.TemporaryDirectory() as instance, digitpad(Path(instance)) as server, chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.evaluate(WATCH)
        for n in range(repeats):
            _draw(page, str(n % 10))
            page.wait_for_function("n => window.waits.length >= n", arg=n + 1)
            page.get_by_role("button", name="Clear").click()
        waits: list[float] = page.evaluate("window.waits")
        return waits[1:]  # the first loads what the others use


def _draw(page: Page, digit: str) -> None:
    """A digit as a hand draws it, which lifts the pen at any time between two frames of the screen."""
    for points in on_canvas(page, placed(DIGITS[digit], 0.2, 0.15, 0.65)):
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.wait_for_timeout(random.uniform(0, 1000 / 60))
        page.mouse.up()
