"""`python -m tools.bench.drawings` draws ten digits in Chromium and writes drawings.json.

`white` and `transparent` are what a 280x280 canvas gives as PNG data URL, `page` is what Digitpad's own page sends to
be recorded: JSON with a gray PNG and the strokes.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tools.bench.page import chromium
from tools.bench.processes import digitpad
from tools.hand import DIGITS, draw, placed

CANVAS = """([strokes, kind]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 280, height: 280 });
  const context = canvas.getContext("2d");
  if (kind === "white") { context.fillStyle = "#fff"; context.fillRect(0, 0, 280, 280); }
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = 18;
  for (const [first, ...rest] of strokes) {
    context.beginPath();
    context.moveTo(...first);
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  }
  return canvas.toDataURL("image/png");
}"""


def main() -> None:
    with chromium() as browser:
        page = browser.new_page()
        digits = [placed(strokes, 56, 42, 182) for strokes in DIGITS.values()]
        drawings = {kind: [page.evaluate(CANVAS, [each, kind]) for each in digits] for kind in ("white", "transparent")}
        drawings["page"] = page_bodies(browser)
    Path(__file__).with_name("drawings.json").write_text(json.dumps(drawings, indent=0) + "\n")


def page_bodies(browser: Browser) -> list[str]:
    """What the page sends when Predict is pressed, for each digit."""
    with tempfile.TemporaryDirectory() as instance, digitpad(Path(instance)) as server:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        return [_predict(page, digit) for digit in DIGITS]


def _predict(page: Page, digit: str) -> str:
    draw(page, digit)
    with page.expect_request(lambda request: request.url.endswith("/predict")) as sent:
        page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Clear").click()
    return sent.value.post_data or ""


if __name__ == "__main__":
    main()
