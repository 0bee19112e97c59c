"""Everything by keyboard alone, including the announcements for screen readers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.page.test_draw import ink


def draw_a_one(page: Page) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press("Space")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")


def test_a_digit_is_drawn_predicted_and_corrected_by_keyboard(page: Page) -> None:
    draw_a_one(page)
    with page.expect_response(re.compile(r"/predict$")) as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.json()["digit"] == 1
    expect(page.locator("#correction")).to_be_visible()
    with page.expect_response(re.compile(r"/records/")) as corrected:
        page.keyboard.press("7")
    assert corrected.value.json()["label"] == "7"


def test_two_arrow_keys_at_once_move_diagonally(page: Page) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press("Space")
    page.keyboard.down("ArrowRight")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.up("ArrowRight")
    page.keyboard.press("Space")
    path = page.locator("#ink path").get_attribute("d")
    assert path is not None
    assert path.endswith("L200 120")


def test_the_pen_is_shown_with_the_focus_and_lifted_when_the_focus_leaves(page: Page) -> None:
    page.keyboard.press("Tab")
    page.locator("#canvas").focus()
    tip = page.locator("#ink .tip")
    page.keyboard.press("Space")
    expect(tip).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(tip).to_be_hidden()
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#ink path")).to_have_count(1)
    assert page.locator("#ink path").get_attribute("d") == "M140 70L140 80"


def test_pen_position_and_result_are_announced(page: Page) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[aria-live=polite]").filter(has_text="46% across, 25% down")).to_have_count(1)
    page.keyboard.press("Space")
    expect(page.locator("[aria-live=polite]").filter(has_text="Pen down")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text(re.compile("Read as|Unsure"))


def test_every_control_can_be_reached_with_tab_and_shows_its_focus(page: Page) -> None:
    page.bring_to_front()  # or Firefox shows no focus
    names: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            "() => { const element = document.activeElement; const style = getComputedStyle(element);"
            " const outlined = style.outlineStyle !== 'none' || !document.hasFocus();"
            " return [element.id || element.href || element.tagName, outlined] }"
        )
        names.append(name)
        assert outlined or name == "BODY", name
    for control in (
        "undo",
        "redo",
        "pen",
        "eraser",
        "width",
        "choose",
        "help",
        "canvas",
        "predict",
        "clear",
        "expected",
    ):
        assert control in names


def test_space_and_arrows_on_the_canvas_do_not_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 400})
    page.locator("#canvas").focus()
    before = page.evaluate("scrollY")
    for key in ("ArrowDown", "Space", "ArrowDown", "Space"):
        page.keyboard.press(key)
    assert page.evaluate("scrollY") == before
    assert ink(page) > 0
