"""`python -m tools.bench.drawings` draws ten digits in Chromium and writes drawings.json.

`white` and `transparent` are data URLs of a 280x280 canvas with that background. `page` is the JSON that Digitpad's
own page sends: a grayscale PNG and the strokes.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tools.chromium import open_chromium, visit
from tools.hand import DIGITS, draw, placed
from tools.server import Server

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
    with open_chromium() as browser:
        page = browser.new_page()
        digits = [placed(strokes, 56, 42, 182) for strokes in DIGITS.values()]
        drawings = {kind: [page.evaluate(CANVAS, [each, kind]) for each in digits] for kind in ("white", "transparent")}
        drawings["page"] = page_bodies(browser)
    Path(__file__).with_name("drawings.json").write_text(json.dumps(drawings, indent=0) + "\n")


def page_bodies(browser: Browser) -> list[str]:
    """The bodies of the requests that the page sends when Predict is pressed."""
    with tempfile.TemporaryDirectory() as folder, Server({"INSTANCE": folder}) as server:
        page = browser.new_page()
        visit(page, server.url)
        return [_predict(page, digit) for digit in DIGITS]


def _predict(page: Page, digit: str) -> str:
    draw(page, digit)
    with page.expect_request(lambda request: request.url.endswith("/predict")) as sent:
        page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Clear").click()
    return sent.value.post_data or ""


if __name__ == "__main__":
    main()
