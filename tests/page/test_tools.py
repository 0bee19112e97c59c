"""Undo, redo, clear, eraser and pen width, by button and by key."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from backend import __version__
from backend.web.drawing_request import data_url_bytes
from tests.page.conftest import any_screen
from tests.page.test_draw import ink, predict_sending
from tests.page.test_picture import choose
from tools.chromium import reload
from tools.drawings import as_file
from tools.hand import drag, draw


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_undo_and_redo_go_through_every_step_including_clear(page: Page) -> None:
    amounts = [ink(page)]
    for stroke in ([(0.2, 0.2), (0.8, 0.2)], [(0.2, 0.8), (0.8, 0.8)]):
        drag(page, stroke)
        amounts.append(ink(page))
    press(page, "Clear")
    amounts.append(ink(page))
    assert amounts == [*sorted(amounts[:3]), 0]
    for amount in reversed(amounts[:-1]):
        press(page, "Undo")
        assert ink(page) == amount
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    for amount in amounts[1:]:
        page.keyboard.press("Control+y")
        assert ink(page) == amount


@any_screen
def test_drawing_clears_the_redo_history(page: Page) -> None:
    drag(page, [(0.2, 0.2), (0.8, 0.2)])
    press(page, "Undo")
    drag(page, [(0.2, 0.8), (0.8, 0.8)])
    expect(page.get_by_role("button", name="Redo")).to_have_attribute("aria-disabled", "true")


def test_the_eraser_cuts_a_stroke_and_is_undone_in_one_step(page: Page) -> None:
    drag(page, [(0.1, 0.5), (0.9, 0.5)])
    whole = ink(page)
    press(page, "Eraser")
    drag(page, [(0.5, 0.3), (0.5, 0.5), (0.5, 0.7)])
    expect(page.locator("#ink path")).to_have_count(2)
    assert 0 < ink(page) < whole
    press(page, "Undo")
    assert ink(page) == whole


@any_screen
def test_clear_takes_the_pen_and_forgets_the_meant_digit(page: Page) -> None:
    for strokes in ([], [(0.1, 0.5), (0.9, 0.5)]):
        if strokes:
            drag(page, strokes)
        press(page, "Eraser")
        page.get_by_label("I mean").fill("7")
        press(page, "Clear")
        expect(page.get_by_role("button", name="Pen", exact=True)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_label("I mean")).to_have_value("")
        drag(page, [(0.5, 0.1), (0.5, 0.9)])
        assert ink(page) > 0


@any_screen
def test_the_eraser_paints_a_picture_with_its_border_color_and_is_undone_in_one_step(page: Page) -> None:
    brown = np.full((280, 280, 3), (90, 140, 180), np.uint8)
    brown[40:240, 100:180] = 10
    choose(page, as_file(brown))
    whole = ink(page)
    press(page, "Eraser")
    drag(page, [(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)])
    sent = cv2.imdecode(
        np.frombuffer(data_url_bytes(predict_sending(page)["image"].encode()), np.uint8), cv2.IMREAD_COLOR
    )
    assert sent is not None
    assert sent[140, 140].tolist() == [90, 140, 180]
    assert sent[60, 140].tolist() == [10, 10, 10]
    assert 0 < ink(page) < whole
    press(page, "Undo")
    assert ink(page) == whole


@any_screen
def test_the_eraser_by_keyboard_erases_where_it_is_put_down(page: Page) -> None:
    choose(page, as_file(np.pad(np.full((80, 80), 255, np.uint8), 100)))
    whole = ink(page)
    press(page, "Eraser")
    page.locator("#canvas").focus()
    for key in [*["ArrowDown"] * 7, "Space", "Space"]:
        page.keyboard.press(key)
    assert ink(page) > whole  # black again, like the border
    press(page, "Undo")
    assert ink(page) == whole


@any_screen
def test_a_wider_pen_draws_a_wider_line(page: Page) -> None:
    drag(page, [(0.2, 0.2), (0.8, 0.2)])
    thin = ink(page)
    press(page, "Clear")
    for _ in range(5):
        page.keyboard.press("]")
    drag(page, [(0.2, 0.2), (0.8, 0.2)])
    assert ink(page) > 1.3 * thin


@any_screen
def test_the_pen_width_of_each_stroke_is_sent(page: Page) -> None:
    drag(page, [(0.1, 0.2), (0.9, 0.2)])
    page.keyboard.press("]")
    drag(page, [(0.1, 0.5), (0.9, 0.5)])
    page.keyboard.press("[")
    page.keyboard.press("[")
    drag(page, [(0.1, 0.8), (0.9, 0.8)])
    assert predict_sending(page)["pen_widths"] == [18, 20, 16]


@any_screen
def test_both_pieces_of_an_erased_stroke_keep_its_pen_width(page: Page) -> None:
    page.keyboard.press("]")
    drag(page, [(0.1, 0.5), (0.9, 0.5)])
    press(page, "Eraser")
    drag(page, [(0.5, 0.3), (0.5, 0.7)])
    body = predict_sending(page)
    assert len(body["strokes"]) == 2
    assert body["pen_widths"] == [20, 20]


@any_screen
def test_a_picture_is_sent_without_strokes_and_pen_widths(page: Page) -> None:
    choose(page, as_file(np.pad(np.zeros((80, 80), np.uint8), 100, constant_values=255)))
    assert not {"strokes", "pen_widths"} & predict_sending(page).keys()


def test_keys_choose_tools_and_predict(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pen", exact=True)).to_have_attribute("aria-pressed", "true")
    draw(page, "1")
    with page.expect_response(re.compile(r"/predict$")):
        page.keyboard.press("Enter")
    page.keyboard.press("c")
    assert ink(page) == 0


def test_help_lists_the_shortcuts_and_can_turn_single_key_shortcuts_off(page: Page) -> None:
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Help and shortcuts")
    expect(help_).to_contain_text("Undo")
    help_.get_by_label("Single-key shortcuts").uncheck()
    help_.get_by_role("button", name="Close").click()
    reload(page)
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "false")


@any_screen
def test_help_shows_the_version_of_the_server(page: Page) -> None:
    page.get_by_role("button", name="Help and shortcuts").click()
    expect(page.get_by_role("dialog", name="Help and shortcuts")).to_contain_text(f"Digitpad {__version__}")


def test_the_drawing_is_kept_when_the_window_is_resized(page: Page) -> None:
    drag(page, [(0.2, 0.2), (0.8, 0.2)])
    before = ink(page)
    page.set_viewport_size({"width": 844, "height": 390})
    assert ink(page) == before
    drag(page, [(0.2, 0.8), (0.8, 0.8)])
    assert ink(page) == pytest.approx(2 * before, rel=0.02)


def test_the_intended_digit_and_the_strokes_are_sent(page: Page) -> None:
    draw(page, "7")
    page.get_by_label("I mean").fill("7")
    body = predict_sending(page)
    assert body["expected"] == "7"
    assert body["source"] == "canvas"
    assert [len(point) for point in body["strokes"][0]] == [3] * len(body["strokes"][0])
