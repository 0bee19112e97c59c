"""The drawings that are sent: ten digits, drawn in Chromium.

`python -m bench.bodies` draws them anew and writes drawings.json: `white` and `transparent` are what
a 280x280 canvas gives as PNG data URL, `page` is what Digitpad's own page sends to be recorded: JSON
with a gray PNG and the strokes.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from bench.load import post

FILE = Path(__file__).with_name("drawings.json")
DRAWINGS: dict[str, list[str]] = json.loads(FILE.read_text())

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


def data_urls(kind: str, path: str = "/predict") -> Iterator[bytes]:
    """Requests without end, as a program that speaks the contract sends them."""
    return itertools.cycle([post(path, url.encode()) for url in DRAWINGS[kind]])


def page_requests(path: str = "/predict") -> Iterator[bytes]:
    """Requests without end, as the page sends them: JSON with strokes, each with a key of its own."""
    bodies = [body.encode() for body in DRAWINGS["page"]]
    key = f"{secrets.token_hex(8)}%016d"
    placeholder = "K" * len(key % 0)
    requests = [post(path, body, "application/json", f"Idempotency-Key: {placeholder}\r\n") for body in bodies]
    for n in itertools.count():
        yield requests[n % len(requests)].replace(placeholder.encode(), (key % n).encode(), 1)


def main() -> None:
    from bench.page import chromium, page_bodies
    from tests.page.hand import DIGITS, placed

    with chromium() as browser:
        page = browser.new_page()
        digits = [placed(strokes, 56, 42, 182) for strokes in DIGITS.values()]
        drawings = {kind: [page.evaluate(CANVAS, [each, kind]) for each in digits] for kind in ("white", "transparent")}
        drawings["page"] = page_bodies(browser)
    FILE.write_text(json.dumps(drawings, indent=0) + "\n")


if __name__ == "__main__":
    main()
