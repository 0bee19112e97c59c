"""The pictures of docs/, taken from a server of its own: `script/screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import running_server
from tests.page.conftest import SCREENS
from tests.page.test_draw import predict
from tools.chromium import FLAGS, find_chromium
from tools.hand import draw

DOCS = Path(__file__).parents[2] / "docs"
PLACES = [(0.2, 0.15, 0.65), (0.1, 0.1, 0.5), (0.4, 0.35, 0.5), (0.15, 0.1, 0.8)]


def main() -> None:
    path = find_chromium()
    if path is None:
        raise SystemExit("No Chromium here: install it, or name it by CHROMIUM=/path/to/chromium.")
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as running, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=FLAGS)
        page = open_page(browser, running.url, "desktop")
        fill_recorder(page)
        predict_digit(page, "9")
        page.screenshot(path=DOCS / "screenshot.png")
        explain(page)
        page.screenshot(path=DOCS / "why.png", full_page=True)
        page.goto("/recorder")
        expect(page.locator("#records tbody tr").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=DOCS / "recorder.png")
        phone = open_page(browser, running.url, "phone")
        predict_digit(phone, "9")
        phone.screenshot(path=DOCS / "phone.png")
        browser.close()


def open_page(browser: Browser, url: str, screen: str) -> Page:
    context = browser.new_context(base_url=url, locale="en-GB", reduced_motion="reduce", **SCREENS[screen])
    page = context.new_page()
    page.goto("/")
    return page


def fill_recorder(page: Page) -> None:
    for i, digit in enumerate("3141592653589793"):
        draw(page, digit, *PLACES[i % len(PLACES)])
        page.get_by_label("I mean").select_option(digit)
        predict(page)
        page.get_by_role("button", name="Clear").click()
    page.get_by_label("I mean").select_option("")


def predict_digit(page: Page, digit: str) -> None:
    draw(page, digit)
    predict(page)
    page.mouse.move(5, 5)
    expect(page.locator("#correction")).to_be_visible()


def explain(page: Page) -> None:
    page.get_by_role("button", name="Why?").click()
    page.get_by_role("button", name="Layer 2").click()
    page.mouse.move(5, 5)
    page.evaluate("scrollTo(0, 0)")


if __name__ == "__main__":
    main()
