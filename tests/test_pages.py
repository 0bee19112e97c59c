"""The pages and what they load come from the server's own files."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

PAGES = ["/", "/recorder", "/api"]


@pytest.mark.parametrize("path", [*PAGES, "/recorder/"])
def test_a_page_is_html_that_the_browser_asks_for_again(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert answer.headers["Cache-Control"] == "no-cache"
        tag = answer.headers["ETag"]
    with client.get(path, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_all_that_it_names(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        html = answer.get_data(as_text=True)
    assert not re.search(r"<[^>]+ style=|<style|<script(?![^>]* src=)| on\w+=", html)  # the policy forbids these
    files = re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', html)
    assert files
    for file in files:
        assert file.startswith("/static/")
        with client.get(file) as answer:
            assert answer.status_code == 200, file


def test_there_is_an_icon(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
