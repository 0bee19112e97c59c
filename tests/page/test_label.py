"""The page on which recorded drawings are labeled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import SCREENS, any_screen, visitor
from tests.page.test_access import violations
from tests.page.test_recorder import record
from tests.waiting import wait_for
from tools.chromium import visit


@pytest.fixture
def page(browser: Browser, own_server: str, screen: str) -> Iterator[Page]:
    """A page of a server whose records are all labeled before each test."""
    with visitor(browser, own_server, **SCREENS[screen]) as page:
        yield page
        for each in page.request.get("/records?corrected=false&limit=500").json()["records"]:
            page.request.patch(f"/records/{each['id']}", data={"label": "0"})


def label_of(page: Page, prediction: dict[str, Any]) -> str | None:
    label: str | None = page.request.get(f"/records/{prediction['id']}").json()["label"]
    return label


def expect_drawing(page: Page, prediction: dict[str, Any]) -> None:
    expect(page.locator("#drawing")).to_have_attribute("src", f"/records/{prediction['id']}/image.png?viewable=true")


def save(page: Page, key: str) -> None:
    """Press a key, and wait until what it changes is stored."""
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        page.keyboard.press(key)


@any_screen
def test_one_key_labels_the_most_uncertain_drawing(page: Page) -> None:
    sure, unsure, misread = record(page, 7), record(page, 1), record(page, 0, expected="6")
    assert [each["verdict"] for each in (sure, unsure, misread)] == ["digit", "unsure", "digit"]
    visit(page, "/label")
    expect_drawing(page, unsure)
    expect(page.locator("#last")).to_be_empty()  # what the network read would influence people
    save(page, "4")
    expect(page.locator("#last")).to_have_text(f"Labeled 4. The network read {unsure['result']}.")
    expect_drawing(page, misread)
    page.keyboard.press("s")
    expect_drawing(page, sure)
    expect(page.locator("#progress")).to_have_text("1 labeled, 1 left")
    save(page, "n")
    expect(page.get_by_text("No prediction is left to label.")).to_be_visible()
    assert [label_of(page, each) for each in (unsure, misread, sure)] == ["4", None, "not_a_digit"]


@any_screen
def test_a_number_is_typed_and_its_digits_are_no_shortcuts(page: Page) -> None:
    drawn = record(page, 7)
    visit(page, "/label")
    expect_drawing(page, drawn)
    page.get_by_label("Number").press_sequentially("-3.5")
    save(page, "Enter")
    assert label_of(page, drawn) == "-3.5"


@any_screen
def test_undo_takes_labels_and_skips_back(page: Page) -> None:
    sure, unsure = record(page, 7), record(page, 1)
    visit(page, "/label")
    expect_drawing(page, unsure)
    save(page, "3")
    expect_drawing(page, sure)
    page.keyboard.press("s")
    page.keyboard.press("u")
    expect_drawing(page, sure)
    assert label_of(page, unsure) == "3"
    save(page, "Control+z")
    expect_drawing(page, unsure)
    assert label_of(page, unsure) is None
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("u")  # there is nothing to take back
    expect_drawing(page, unsure)


def test_drawing_and_buttons_are_in_the_first_view_and_accessible(page: Page, screen: str) -> None:
    seven = record(page, 7)
    if screen == "phone":
        page.set_viewport_size({"width": 320, "height": 568})
    visit(page, "/recorder")
    page.get_by_role("link", name="Label drawings").click()
    expect_drawing(page, seven)
    for name in ("0", "9", "not a digit", "Skip", "Undo"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert violations(page) == []
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        page.get_by_role("button", name="7", exact=True).click()
    assert label_of(page, seven) == "7"


@any_screen
def test_labels_are_kept_until_the_server_is_back(page: Page) -> None:
    sure, unsure = record(page, 7), record(page, 1)
    visit(page, "/label")
    expect_drawing(page, unsure)
    page.context.set_offline(True)
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("can't be reached. Trying again.")
    page.keyboard.press("4")
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.get_by_text("No prediction is left to label.")).to_be_visible()
    wait_for(lambda: [label_of(page, each) for each in (unsure, sure)], lambda labels: labels == ["3", "4"])
