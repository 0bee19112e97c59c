"""What the pages say about the server's settings: an unreachable store, a disabled recorder, recorded addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.conftest import free_port, running_server
from tests.page.test_draw import predict
from tools.chromium import visit
from tools.hand import draw


@contextmanager
def page_of_server(browser: Browser, instance: Path, **environment: str) -> Iterator[Page]:
    with running_server(instance, **environment) as running:
        context = browser.new_context(base_url=running.url)
        page = context.new_page()
        visit(page, "/")
        yield page
        context.close()


def test_both_pages_say_that_predictions_are_queued_while_the_store_is_unreachable(
    browser: Browser, tmp_path: Path
) -> None:
    unreachable = f"cassandra://127.0.0.1:{free_port()}/digitpad"
    with page_of_server(browser, tmp_path, RECORDS_URL=unreachable) as page:
        draw(page, "7")
        assert predict(page)["recorded"] == "queued"
        expect(page.get_by_role("status")).to_contain_text("Queued on this server")
        visit(page, "/recorder")
        expect(page.get_by_role("status")).to_contain_text("1 prediction is queued on this server")


def test_the_page_says_that_the_recorder_is_off(browser: Browser, tmp_path: Path) -> None:
    with page_of_server(browser, tmp_path, RECORDS_URL="none") as page:
        draw(page, "7")
        assert predict(page)["recorded"] == "no"
        expect(page.get_by_role("status")).to_contain_text("Not recorded: the recorder is turned off on this server.")
        expect(page.locator("#correction")).to_be_hidden()


def test_the_pages_say_whether_addresses_are_recorded(browser: Browser, tmp_path: Path) -> None:
    for setting, text in [("no", "but nothing about you"), ("full", "and your IP address")]:
        with page_of_server(browser, tmp_path, RECORD_CLIENT_ADDRESS=setting) as page:
            for path in ("/", "/recorder"):
                visit(page, path)
                expect(page.get_by_role("contentinfo")).to_contain_text(text)


def test_a_record_whose_drawing_was_not_kept_is_shown_without_a_picture(browser: Browser, tmp_path: Path) -> None:
    with page_of_server(browser, tmp_path, KEEP_DRAWINGS="none") as page:
        expect(page.get_by_role("contentinfo")).to_contain_text("Predict records the result and the time")
        draw(page, "7")
        prediction = predict(page)
        visit(page, "/recorder")
        row = page.locator("#records tbody tr")
        expect(row.locator(".no-picture")).to_be_visible()
        row.get_by_role("button").click()
        dialog = page.locator("#record")
        expect(dialog.get_by_text("No drawing")).to_be_visible()
        expect(dialog).to_contain_text("Confidence")
        expect(dialog.get_by_role("img")).to_be_hidden()
        expect(dialog.get_by_role("link", name="Open on the canvas")).to_be_hidden()
        visit(page, f"/?record={prediction['id']}")
        expect(page.locator("#notice")).to_contain_text("The drawing of this record was not kept")
