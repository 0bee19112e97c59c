"""Previews by the network in the page: without the server, with the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from tests.page.conftest import any_screen, not_in_firefox
from tests.page.test_draw import predict
from tests.page.test_picture import SEVEN, choose
from tools.chromium import reload
from tools.drawings import as_file
from tools.drawings import draw as draw_image
from tools.hand import DIGITS, drag, draw

pytestmark = any_screen


@pytest.fixture
def local_network() -> bool:
    return True


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
    expect(loaded.locator("#result")).not_to_have_attribute("aria-busy", "true")
    previewed = headline.inner_text()
    assert predict(loaded)["digit"] == int(digit)
    expect(headline).to_have_text(previewed)
    assert requests == []


def test_previews_work_while_the_server_is_unreachable(loaded: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    draw(loaded, "3")
    expect(loaded.locator("#headline")).to_have_text("3")
    expect(loaded.locator("#seen img")).to_have_attribute("src", re.compile("^data:image/png"))


def put(page: Page, picture: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(FilePayload(name="picture.png", mimeType="image/png", buffer=picture))


def test_a_flat_picture_is_read_without_the_server_and_predicted_alike(loaded: Page) -> None:
    requests = count_previews(loaded)
    put(loaded, SEVEN)
    expect(loaded.locator("#headline")).to_have_text("7")
    shown = loaded.locator("#bars li").nth(7).evaluate("bar => Number(bar.style.getPropertyValue('--fraction'))")
    assert predict(loaded)["confidence"] == pytest.approx(shown, abs=0.001)
    drag(loaded, [(0.4, 0.9), (0.6, 0.9)])
    expect(loaded.locator("#headline")).not_to_be_empty()
    assert requests == []


@not_in_firefox("Playwright reports only the first file chooser of a page there")
def test_a_photograph_is_read_by_the_server_and_the_page_says_so_while_that_is_away(
    loaded: Page, context: BrowserContext
) -> None:
    photograph = as_file(np.where(draw_image(4) < 128, 20, np.linspace(250, 120, 280)[None, :]).astype(np.uint8))
    choose(loaded, photograph)  # which waits for the server's response
    expect(loaded.locator("#headline")).to_have_text("4")
    loaded.get_by_role("button", name="Clear").click()
    context.set_offline(True)
    put(loaded, photograph)
    expect(loaded.locator("#notice")).to_contain_text("Only the server can read this photograph.")
    context.set_offline(False)
    expect(loaded.locator("#headline")).to_have_text("4")
    expect(loaded.locator("#notice")).to_have_text("")


def test_another_network_than_the_servers_is_not_used(page: Page) -> None:
    page.route("**/health/ready", _with_version("0" * 12))
    reload(page)
    with page.expect_response("**/predict?record=false"):
        draw(page, "7")
    expect(page.get_by_text("The live preview records nothing.")).to_be_visible()


def _with_version(version: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        response = route.fetch()
        state = response.json()
        route.fulfill(response=response, json=state | {"model": state["model"] | {"version": version}})

    return answer
