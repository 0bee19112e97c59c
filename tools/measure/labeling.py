"""Measures how long /label takes from a key to the next drawing on the screen, for an annotator in Chromium.

    python -m tools.measure.labeling [DRAWINGS [PAUSE]]     (default 200 0.6)

Somebody labels DRAWINGS recorded drawings and looks at each for PAUSE seconds. The page saves each label meanwhile.
"""

from __future__ import annotations

import sys
import tempfile
import time

import numpy as np
from playwright.sync_api import APIRequestContext, Page, expect

from backend.records.ids import new_key
from tools.bench.bodies import DRAWINGS
from tools.chromium import open_chromium, visit
from tools.server import Server

# Appends to `waits` the ms from each key to the frame after the next drawing is loaded.
WATCH = """() => {
  window.waits = [];
  let pressed = 0;
  addEventListener("keydown", event => (pressed = event.timeStamp), { capture: true });
  document.querySelector("#drawing").addEventListener("load", () =>
    requestAnimationFrame(() => setTimeout(() => waits.push(performance.now() - pressed))));
}"""


def record(request: APIRequestContext, count: int) -> None:
    for k in range(count):
        body = DRAWINGS["page"][k % len(DRAWINGS["page"])]
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(new_key())}
        assert request.post("/predict", data=body, headers=headers).ok


def label(page: Page, count: int, pause: float) -> None:
    """Press a key for each of the drawings."""
    for k in range(count):
        page.wait_for_timeout(1000 * pause)
        page.keyboard.press(str(k % 10))
        while page.evaluate("waits.length") <= k:
            page.wait_for_timeout(10)


def main() -> None:
    given = [*map(float, sys.argv[1:]), *(200, 0.6)[len(sys.argv) - 1 :]]
    count, pause = int(given[0]), given[1]
    settings = {"ACCESS_LOG": "false", "LIMIT_PREDICTIONS": "1000000/minute"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Server({"INSTANCE": folder, **settings}) as server,
        open_chromium() as browser,
    ):
        page = browser.new_context(base_url=server.url).new_page()
        record(page.request, count + 1)  # one more is shown after the last key
        code = page.request.post("/labeling").json()["code"]
        visit(page, f"/label?code={code}")
        expect(page.locator("#drawing")).to_be_visible()
        page.evaluate(WATCH)
        start = time.monotonic()
        label(page, count, pause)
        took = time.monotonic() - start
        waits = page.evaluate("waits")
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    print(f"{len(waits)} drawings, {pause:g} s to look at each")
    print(f"from the key to the next drawing: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
    print(f"1,000 drawings at this pace: {1000 * took / count / 60:.1f} minutes")


if __name__ == "__main__":
    main()
