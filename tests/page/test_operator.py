"""What a visitor is told of how the server is set up: a store that is away, a recorder that is off, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.conftest import free_port, running_server
from tests.page.test_draw import predict
from tools.hand import draw


@contextmanager
def page_of(chromium: Browser, instance: Path, **environment: str) -> Iterator[Page]:
    with running_server(instance, **environment) as running:
        context = chromium.new_context(base_url=running.url)
        page = context.new_page()
        page.goto("/")
        yield page
        context.close()


def test_while_the_store_is_away_predictions_are_queued_and_both_pages_say_so(
    chromium: Browser, tmp_path: Path
) -> None:
    nowhere = f"cassandra://127.0.0.1:{free_port()}/digitpad"
    with page_of(chromium, tmp_path, RECORDS_URL=nowhere) as page:
        draw(page, "7")
        assert predict(page)["recorded"] == "queued"
        expect(page.get_by_role("status")).to_contain_text("Recorded on this server")
        page.goto("/recorder")
        expect(page.get_by_role("status")).to_contain_text("1 prediction waits safely on this server")


def test_a_recorder_that_is_off_is_said(chromium: Browser, tmp_path: Path) -> None:
    with page_of(chromium, tmp_path, RECORDS_URL="none") as page:
        draw(page, "7")
        assert predict(page)["recorded"] == "no"
        expect(page.get_by_role("status")).to_contain_text("Not recorded: this server's recorder is off.")
        expect(page.locator("#correction")).to_be_hidden()


def test_the_visitor_is_told_whether_addresses_are_kept(chromium: Browser, tmp_path: Path) -> None:
    for setting, said in [("no", "and nothing about you"), ("full", "and your address")]:
        with page_of(chromium, tmp_path, RECORD_CLIENT_ADDRESS=setting) as page:
            for path in ("/", "/recorder"):
                page.goto(path)
                expect(page.get_by_role("contentinfo")).to_contain_text(said)
