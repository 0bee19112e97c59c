"""Previews by the network in the page: without the server, with the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import predict
from tests.page.test_picture import SEVEN, choose
from tools.hand import DIGITS, draw

pytestmark = any_screen


@pytest.fixture
def local_network() -> bool:
    return True


@pytest.fixture
def loaded(page: Page) -> Page:
    """The drawing page, after it has loaded its network."""
    expect(page.get_by_text("The live preview stays in this browser.")).to_be_visible()
    return page


def count_previews(page: Page) -> list[str]:
    """The previews that the page requests from the server from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "record=false" in request.url else None)
    return found


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawing_is_read_without_the_server_and_predicted_alike(loaded: Page, digit: str) -> None:
    requests = count_previews(loaded)
    draw(loaded, digit)
    headline = loaded.locator("#headline")
    expect(headline).to_contain_text(digit)
    expect(loaded.get_by_role("status")).not_to_have_attribute("aria-busy", "true")
    previewed = headline.inner_text()
    assert predict(loaded)["digit"] == int(digit)
    expect(headline).to_have_text(previewed)
    assert requests == []


def test_previews_work_while_the_server_is_unreachable(loaded: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    draw(loaded, "3")
    expect(loaded.locator("#headline")).to_have_text("3")
    expect(loaded.locator("#seen img")).to_have_attribute("src", re.compile("^data:image/png"))


def test_a_picture_is_read_by_the_server(loaded: Page) -> None:
    choose(loaded, SEVEN)  # which waits for the server's response
    expect(loaded.locator("#headline")).to_have_text("7")


def test_another_network_than_the_servers_is_not_used(page: Page) -> None:
    page.route("**/health/ready", _with_version("0" * 12))
    page.reload()
    with page.expect_response("**/predict?record=false"):
        draw(page, "7")
    expect(page.get_by_text("The live preview records nothing.")).to_be_visible()


def _with_version(version: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        response = route.fetch()
        state = response.json()
        route.fulfill(response=response, json=state | {"model": state["model"] | {"version": version}})

    return answer
