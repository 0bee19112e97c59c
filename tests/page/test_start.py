"""A page that can't start says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.page.conftest import any_screen

pytestmark = any_screen

PAGES = pytest.mark.parametrize(("path", "script"), [("/", "draw"), ("/recorder", "recorder"), ("/api", "api")])
PROBLEM = "This page could not start."


@PAGES
def test_a_script_that_cannot_be_loaded_is_reported(context: BrowserContext, path: str, script: str) -> None:
    page = context.new_page()
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-ready", "")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.route(f"**/pages/{script}.js", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text(PROBLEM)


def test_a_script_that_fails_is_reported(context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script("delete CanvasRenderingContext2D; HTMLCanvasElement.prototype.getContext = () => null;")
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text(PROBLEM)


def test_texts_that_cannot_be_loaded_are_reported(context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script("localStorage.setItem('digitpad.language', 'de')")
    page.route("**/texts/de.json", lambda route: route.abort())
    page.goto("/join")
    expect(page.get_by_role("alert").first).to_contain_text(PROBLEM)
