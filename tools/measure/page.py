"""What the draw page sends and how long it takes, in Chromium, from a server of its own.

    python -m tools.measure.page

Prints the bytes of the first view and of the network that follows; the time from lifting the pen to the digit on the
screen with the server 300 ms away; how many requests a drawing causes until Predict is pressed; and what becomes of ten
predictions while the server is away. `tools.measure.browser` compares what the page and the server read.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, expect

from tools.bench.page import WATCH, draw_digit
from tools.chromium import open_chromium, visit
from tools.server import Server

AWAY = 300  # ms, to the server
DIGITS = 40  # drawn to measure the time to the digit
PREDICTIONS = 10  # while the server is away
# The network and what runs it, and what opens pictures.
AFTER_FIRST_VIEW = ("/static/model/", "/static/js/reading/", "/view/picture_file.js")
SHOWN_FIRST = ("/reading/rasterize.js", "/reading/image.js")  # of these, what the page itself needs
READS_HERE = "The live preview stays in this browser."


def open_page(browser: Browser, url: str) -> Page:
    """The page, after its network has loaded."""
    page = browser.new_context(base_url=url, service_workers="block").new_page()
    visit(page, "/")
    expect(page.get_by_text(READS_HERE)).to_be_visible(timeout=30_000)
    return page


def is_later(url: str) -> bool:
    """Whether this is loaded only after the first view."""
    return any(part in url for part in AFTER_FIRST_VIEW) and not url.endswith(SHOWN_FIRST)


def first_view(browser: Browser, url: str) -> str:
    finished: list[Request] = []
    context = browser.new_context(base_url=url, service_workers="block")
    context.on("requestfinished", lambda request: finished.append(request))
    page = context.new_page()
    visit(page, "/")
    expect(page.get_by_text(READS_HERE)).to_be_visible(timeout=30_000)
    responses = {True: [0, 0, 0], False: [0, 0, 0]}  # of the first view, and later: count, bytes, bytes of headers
    for request in finished:
        sizes = request.sizes()
        for i, value in enumerate((1, sizes["responseBodySize"], sizes["responseHeadersSize"])):
            responses[not is_later(request.url)][i] += value
    context.close()
    return "\n".join(
        f"{name}: {count} responses, {body:,} bytes and {headers:,} of headers (HTTP/1.1)"
        for name, (count, body, headers) in (
            ("first view", responses[True]),
            ("network and its code, after the first view", responses[False]),
        )
    )


def time_to_digit(browser: Browser, url: str) -> str:
    """And the requests until then."""
    page = open_page(browser, url)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": AWAY, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", conditions)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.url.startswith("http") else None)
    page.evaluate(WATCH)
    for n in range(DIGITS + 1):
        draw_digit(page, str(n % 10))
        page.wait_for_function("n => window.waits.length >= n", arg=n + 1)
        page.get_by_role("button", name="Clear").click()
    drawings = DIGITS + 1
    waits = sorted(page.evaluate("window.waits.slice(1)"))  # the first one finds everything cold
    page.context.close()
    return (
        f"from lifting the pen to the digit, server {AWAY} ms away: median {statistics.median(waits):.1f} ms, 90th "
        f"percentile {waits[DIGITS * 9 // 10]:.1f} ms; {drawings} drawings without Predict: {len(requests)} requests"
    )


def while_away(browser: Browser, server: Server) -> str:
    """Stop the server before the first stroke, press Predict for each digit, start it again, and count the records."""
    page = open_page(browser, server.url)
    server.stop()
    answers = []
    for digit in range(PREDICTIONS):
        draw_digit(page, str(digit))
        pressed = time.perf_counter()
        page.get_by_role("button", name="Predict").click()
        expect(page.locator("#waiting")).to_contain_text(f"{digit + 1} prediction")
        answers.append((page.locator("#headline").inner_text(), time.perf_counter() - pressed))
        page.get_by_role("button", name="Clear").click()
    server.start()
    server.wait_until_ready()
    returned = time.perf_counter()
    expect(page.locator("#waiting")).to_have_text("", timeout=60_000)
    took = time.perf_counter() - returned
    records = page.request.get("/records").json()["records"]
    right = sum(answer.startswith(str(digit)) for digit, (answer, _) in enumerate(answers))
    recorded = sorted(record["result"] for record in records)
    page.context.close()
    return (
        f"server away: {right} of {PREDICTIONS} predictions answered with the digit, the slowest shown and kept after "
        f"{max(each for _, each in answers):.2f} s; {took:.1f} s after its return {len(records)} records, each digit "
        f"once: {recorded == [str(digit) for digit in range(PREDICTIONS)]}"
    )


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server({"INSTANCE": folder, "ACCESS_LOG": "false"}, log=Path(folder, "log")) as server,
        open_chromium() as browser,
    ):
        print(first_view(browser, server.url), flush=True)
        print(time_to_digit(browser, server.url), flush=True)
        print(while_away(browser, server), flush=True)


if __name__ == "__main__":
    main()
