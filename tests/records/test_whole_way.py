"""A digit is drawn in Chromium, predicted, recorded and listed, and still there after a restart, with each store."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.conftest import running_server
from tests.waiting import wait_for
from tools.chromium import visit
from tools.hand import draw
from tools.server import Server


def wait_until_ready(page: Page, server: Server) -> None:
    """The server starts before Cassandra's keyspace and tables exist."""
    wait_for(lambda: page.request.get(f"{server.url}/health/ready"), lambda answer: answer.ok)


def test_a_drawn_digit_is_read_recorded_and_kept_across_a_restart(chromium: Browser, url: str, tmp_path: Path) -> None:
    page = chromium.new_page()
    with running_server(tmp_path, RECORDS_URL=url) as server:
        wait_until_ready(page, server)
        visit(page, server.url)
        draw(page, "7")
        with page.expect_response(re.compile(r"/predict$")) as waiting:
            page.get_by_role("button", name="Predict").click()
        answer = waiting.value.json()
        assert (answer["result"], answer["recorded"]) == ("7", "stored")
        expect(page.get_by_role("status")).to_contain_text("7")
        visit(page, f"{server.url}/recorder")
        expect(page.locator("tbody tr").first).to_contain_text("7")
        drawing = page.request.get(f"{server.url}/records/{answer['id']}/image.png").body()
    with running_server(tmp_path, RECORDS_URL=url) as server:
        wait_until_ready(page, server)
        visit(page, f"{server.url}/recorder")
        expect(page.locator("tbody tr").first).to_contain_text("7")
        assert page.request.get(f"{server.url}/records?limit=1").json()["records"][0]["id"] == answer["id"]
        assert page.request.get(f"{server.url}/records/{answer['id']}/image.png").body() == drawing
    page.close()
