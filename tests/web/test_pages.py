"""The pages, and the files they load."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

PAGES = ["/", "/recorder", "/label", "/api"]


@pytest.mark.parametrize("path", [*PAGES, "/recorder/"])
def test_a_page_is_html_that_the_browser_revalidates(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert answer.headers["Cache-Control"] == "no-cache"
        tag = answer.headers["ETag"]
    with client.get(path, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_files_of_this_server_and_all_of_them_exist(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        html = answer.get_data(as_text=True)
    assert not re.search(r"<[^>]+ style=|<style|<script(?![^>]* src=)| on\w+=", html)  # the policy forbids these
    files = re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', html)
    assert files
    for file in files:
        assert file.startswith("/static/")
        with client.get(file) as answer:
            assert answer.status_code == 200, file


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_that_it_needs_javascript(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert re.search("<noscript>.*This page needs JavaScript.*</noscript>", answer.get_data(as_text=True))


@pytest.mark.parametrize("path", [*PAGES, "/static/css/base.css", "/static/js/pages/draw.js", "/static/favicon.svg"])
def test_text_is_gzipped_if_accepted_and_revalidates_with_304(client: FlaskClient, path: str) -> None:
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed.data) == plain.data
        assert packed.content_length == len(packed.data) < len(plain.data)
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    with client.get(path, headers=known) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_the_favicon_exists(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
