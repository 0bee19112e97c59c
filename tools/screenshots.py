"""Takes the screenshots in docs/ from a temporary server: `script/screenshots`."""

from __future__ import annotations

import tempfile

from playwright.sync_api import Browser, Page, expect

from backend.settings import TOP
from tools.chromium import SCREENS, open_chromium, visit
from tools.hand import draw
from tools.server import Server

DOCS = TOP / "docs"
PLACES = [(0.2, 0.15, 0.65), (0.1, 0.1, 0.5), (0.4, 0.35, 0.5), (0.15, 0.1, 0.8)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Server({"INSTANCE": folder}) as server, open_chromium() as browser:
        page = open_page(browser, server.url, "desktop")
        fill_recorder(page)
        predict_digit(page, "9")
        page.screenshot(path=DOCS / "screenshot.png")
        explain(page)
        page.screenshot(path=DOCS / "explanation.png")
        visit(page, "/recorder")
        expect(page.locator("#records tbody tr").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=DOCS / "recorder.png")
        phone = open_page(browser, server.url, "phone")
        predict_digit(phone, "9")
        phone.screenshot(path=DOCS / "phone.png")


def open_page(browser: Browser, url: str, screen: str) -> Page:
    context = browser.new_context(base_url=url, locale="en-GB", reduced_motion="reduce", **SCREENS[screen])
    page = context.new_page()
    visit(page, "/")
    return page


def fill_recorder(page: Page) -> None:
    for i, digit in enumerate("3141592653589793"):
        draw(page, digit, *PLACES[i % len(PLACES)])
        page.get_by_label("I mean").fill(digit)
        predict(page)
        page.get_by_role("button", name="Clear").click()
    page.get_by_label("I mean").fill("")


def predict_digit(page: Page, digit: str) -> None:
    draw(page, digit)
    predict(page)
    page.mouse.move(5, 5)
    expect(page.locator("#correction")).to_be_visible()


def predict(page: Page) -> None:
    with page.expect_response("**/predict"):
        page.get_by_role("button", name="Predict").click()


def explain(page: Page) -> None:
    page.get_by_role("button", name="Why?").click()
    page.get_by_role("button", name="Layer 2").click()
    page.locator(".tile:visible").nth(6).click()
    expect(page.locator("#trace")).to_be_visible()
    page.mouse.move(5, 5)


if __name__ == "__main__":
    main()
