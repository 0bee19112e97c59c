"""Sample drawings on the drawing page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.page.conftest import any_screen
from tests.page.test_access import violations
from tests.page.test_draw import ink, predict_sending


def open_samples(page: Page) -> None:
    page.get_by_role("button", name="Sample drawings").click()
    expect(page.get_by_role("dialog", name="Sample drawings")).to_be_visible()


def test_a_sample_is_loaded_with_one_click_recorded_and_undone(page: Page) -> None:
    open_samples(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Sample 5: 4").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    body = predict_sending(page)
    assert (body["source"], len(body["strokes"]), body["pen_widths"]) == ("canvas", 2, [18, 18])
    times = [t for stroke in body["strokes"] for _, _, t in stroke]
    assert times == sorted(times)
    expect(page.locator("#headline")).to_have_text("4")
    page.get_by_role("button", name="Undo").click()
    assert ink(page) == 0


@any_screen
def test_samples_are_chosen_by_keyboard_which_does_not_reach_the_drawing(page: Page) -> None:
    page.get_by_label("I mean").fill("7")
    page.get_by_role("button", name="Sample drawings").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("c")  # "Clear" on the page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert ink(page) > 0
    expect(page.get_by_label("I mean")).to_have_value("")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    page.get_by_role("button", name="Sample drawings").click()
    page.keyboard.press("Escape")
    assert ink(page) > 0


@any_screen
def test_the_first_ten_samples_are_read_as_they_are_meant(page: Page) -> None:
    for digit in range(10):
        open_samples(page)
        page.get_by_role("button", name=re.compile(f"^Sample {digit + 1}: {digit}$")).click()
        with page.expect_response(re.compile("/predict$")) as answer:
            page.get_by_role("button", name="Predict").click()
        assert answer.value.json()["result"] == str(digit)
