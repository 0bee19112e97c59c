"""The page in Chromium: how long a person waits for the digit."""

from __future__ import annotations

import random

from playwright.sync_api import Page

from tools.chromium import open_chromium
from tools.hand import DIGITS, on_canvas, placed

# Measures from pointer-up to the frame that shows the prediction for the finished drawing.
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


def pen_to_digit(url: str, repeats: int) -> list[float]:
    """Milliseconds from lifting the pen to the digit on the screen, for drawings of all ten digits."""
    with open_chromium() as browser:
        page = browser.new_page()
        page.goto(url)
        page.evaluate(WATCH)
        for n in range(repeats):
            draw_digit(page, str(n % 10))
            page.wait_for_function("n => window.waits.length >= n", arg=n + 1)
            page.get_by_role("button", name="Clear").click()
        waits: list[float] = page.evaluate("window.waits")
        return waits[1:]  # without the first one, which finds everything cold


def draw_digit(page: Page, digit: str) -> None:
    """Draw a digit, and lift the pen at a random time between two frames of the screen."""
    for points in on_canvas(page, placed(DIGITS[digit], 0.2, 0.15, 0.65)):
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.wait_for_timeout(random.uniform(0, 1000 / 60))
        page.mouse.up()
