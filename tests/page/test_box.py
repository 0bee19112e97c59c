"""The box around what is read in a picture: found by the reading, or moved by a person."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from backend.reading.image import Image
from tests.page.conftest import any_screen, call_module, not_in_firefox
from tests.page.test_draw import predict, predict_sending
from tests.page.test_local_preview import count_previews
from tests.page.test_picture import choose
from tools import hand
from tools.chromium import reload
from tools.drawings import SEVEN, as_file, draw, draw_strokes, number_strokes

SHORTEST = 24  # canvas units, as in model/box.js


class Rectangle(NamedTuple):
    """In canvas units."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def surrounds(self, other: Rectangle) -> bool:
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom


# The ink of the photograph's large 3 and of its small 7, and a box around that 7, which is small beside the 3.
THREE = Rectangle(28, 23, 109, 145)
SMALL_SEVEN = Rectangle(212, 49, 25, 33)
AROUND_SEVEN = Rectangle(200, 40, 50, 50)


def photograph() -> Image:
    """A 3 on unevenly lit paper, a much smaller 7, and a thumb that comes in over the edge: (560, 560)."""
    drawn = np.minimum(
        draw(3, size=560, side=260, left=40, top=60, pen=30), draw(7, size=560, side=60, left=420, top=100, pen=7)
    )
    cv2.circle(drawn, (430, 570), 120, 0, cv2.FILLED)
    page = cv2.GaussianBlur(np.where(drawn < 128, 45.0, np.linspace(240, 150, 560)[None, :]), (0, 0), 1)
    grain = np.random.default_rng(0).normal(0, 3, page.shape)
    return np.clip(page + grain, 0, 255).astype(np.uint8)


PHOTOGRAPH = as_file(photograph())


def the_box(page: Page) -> Locator:
    return page.get_by_role("application", name="Box around what is read")


def place(page: Page, element: Locator) -> Rectangle:
    found, paper = element.bounding_box(), page.locator("#canvas").bounding_box()
    assert found is not None
    assert paper is not None
    scale = 280 / paper["width"]
    x, y = found["x"] - paper["x"], found["y"] - paper["y"]
    return Rectangle(*(scale * each for each in (x, y, found["width"], found["height"])))


def hold(page: Page, key: str, times: int) -> None:
    """Hold a key until it has repeated so often."""
    for _ in range(times):
        page.keyboard.down(key)
    page.keyboard.up(key)


def move_by_keyboard(page: Page, to: Rectangle) -> None:
    """Resize the box, then move it, by the steps of 5 units that lead nearest to where it shall be."""
    the_box(page).focus()
    page.keyboard.down("Shift")
    before = place(page, the_box(page))
    hold(page, "ArrowLeft", round((before.width - to.width) / 5))
    hold(page, "ArrowUp", round((before.height - to.height) / 5))
    page.keyboard.up("Shift")
    hold(page, "ArrowRight", round((to.x - before.x) / 5))
    hold(page, "ArrowDown" if to.y > before.y else "ArrowUp", round(abs(to.y - before.y) / 5))


def move_by_pointer(page: Page, screen: str, to: Rectangle) -> None:
    """Drag a corner of the box, then its edge, with the mouse or, on a phone, a finger."""
    before = place(page, the_box(page))
    corner = [(before.right, before.bottom), (before.x + to.width, before.y + to.height)]
    left = before.x, before.y + to.height / 2
    for stroke in (corner, [left, (to.x, to.y + to.height / 2)]):
        in_paper = [(x / 280, y / 280) for x, y in stroke]
        if screen == "phone":
            hand.touch(page, hand.on_canvas(page, [in_paper]))
        else:
            hand.drag(page, in_paper)


def test_the_box_surrounds_the_digit_wherever_it_is(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    expect(page.locator("#headline")).to_have_text("3")
    found = place(page, the_box(page))
    assert found.surrounds(THREE)
    assert Rectangle(THREE.x - 12, THREE.y - 12, THREE.width + 24, THREE.height + 24).surrounds(found)


@pytest.mark.parametrize("way", ["keyboard", "pointer"])
def test_what_the_moved_box_surrounds_is_read_and_recorded(page: Page, screen: str, way: str) -> None:
    choose(page, PHOTOGRAPH)
    if way == "keyboard":
        move_by_keyboard(page, AROUND_SEVEN)
        position = re.compile(r"^Box: 7\d% from the left, 1\d% from the top, 1\d% wide, 1\d% high\.$")
        expect(page.locator("#announcement")).to_have_text(position)
    else:
        move_by_pointer(page, screen, AROUND_SEVEN)
    expect(page.locator("#headline")).to_have_text("7")
    moved = place(page, the_box(page))
    assert moved == pytest.approx(AROUND_SEVEN, abs=4)
    expect(page.locator("#ink path")).to_have_count(0)  # none of it drew
    prediction = predict(page)
    assert prediction["result"] == "7"
    record = page.request.get(f"/records/{prediction['id']}").json()
    assert (record["result"], record["source"], record["file_name"]) == ("7", "upload", "seven.png")
    recorded = cv2.imdecode(
        np.frombuffer(page.request.get(f"/records/{prediction['id']}/image.png").body(), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    assert recorded is not None
    x, y, width, height = (round(2 * each) for each in moved)
    cut = cv2.resize(photograph()[y : y + height, x : x + width], recorded.shape[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.corrcoef(cut.ravel(), recorded.ravel())[0, 1] > 0.9


@any_screen
@pytest.mark.parametrize("way", ["Find it again", "Escape", "Undo"])
def test_the_digit_is_found_again(page: Page, way: str) -> None:
    choose(page, PHOTOGRAPH)
    expect(the_box(page)).to_be_visible()
    found = place(page, the_box(page))
    expect(page.get_by_role("button", name="Find it again")).to_be_hidden()
    move_by_pointer(page, "desktop", AROUND_SEVEN)
    expect(page.locator("#headline")).to_have_text("7")
    if way == "Escape":
        the_box(page).press("Escape")
    else:
        page.get_by_role("button", name=way).click()
    if way == "Undo":
        page.get_by_role("button", name=way).click()  # resizing and moving were two steps
    else:
        expect(the_box(page)).to_be_focused()
    expect(page.locator("#headline")).to_have_text("3")
    assert place(page, the_box(page)) == pytest.approx(found, abs=0.5)
    expect(page.get_by_role("button", name="Find it again")).to_be_hidden()


@any_screen
def test_a_reload_keeps_the_box(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    move_by_pointer(page, "desktop", AROUND_SEVEN)
    expect(page.locator("#headline")).to_have_text("7")
    sent, moved = predict_sending(page), place(page, the_box(page))
    reload(page)
    expect(page.locator("#headline")).to_have_text("7")
    assert place(page, the_box(page)) == pytest.approx(moved, abs=0.5)
    assert predict_sending(page)["image"] == sent["image"]
    page.get_by_role("button", name="Find it again").click()
    expect(page.locator("#headline")).to_have_text("3")


@not_in_firefox("Playwright reports only the first file chooser of a page there")
@any_screen
def test_clear_and_another_picture_take_the_box_away(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    move_by_pointer(page, "desktop", AROUND_SEVEN)
    page.get_by_role("button", name="Clear").click()
    expect(the_box(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Find it again")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Find it again")).to_be_visible()
    choose(page, SEVEN)
    expect(page.get_by_role("button", name="Find it again")).to_be_hidden()
    expect(page.locator("#headline")).to_have_text("7")
    assert place(page, the_box(page)).surrounds(Rectangle(70, 50, 130, 180))


@any_screen
def test_drawings_without_a_picture_have_no_box(page: Page) -> None:
    hand.draw(page, "7")
    expect(page.locator("#headline")).to_have_text("7")
    expect(the_box(page)).to_have_count(0)


@any_screen
def test_a_pen_draws_through_the_box_and_its_strokes_are_read_and_stay(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    move_by_pointer(page, "desktop", AROUND_SEVEN)
    expect(page.locator("#headline")).to_have_text("7")
    page.get_by_label("Pen width").fill("30")
    hand.drag(page, [(x / 280, y / 280) for x, y in ((214, 54), (236, 54), (214, 76), (236, 76))])
    expect(page.locator("#ink path")).to_have_count(1)
    expect(page.locator("#headline")).not_to_have_text("7")
    drawn = page.locator("#ink path").get_attribute("d")
    assert "strokes" not in predict_sending(page)  # their places are on the whole picture
    move_by_keyboard(page, Rectangle(60, 60, 100, 100))
    expect(page.locator("#ink path")).to_have_attribute("d", str(drawn))


@any_screen
def test_a_box_without_anything_to_read_says_so(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    expect(the_box(page)).to_be_visible()
    move_by_pointer(page, "desktop", Rectangle(150, 95, 50, 50))
    expect(page.locator("#notice")).to_have_text("There is nothing to read in the box. Move it onto a digit.")


@any_screen
def test_the_explanation_is_on_what_was_cut_out(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    move_by_pointer(page, "desktop", AROUND_SEVEN)
    expect(page.locator("#headline")).to_have_text("7")
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#trace")).to_be_visible()
    assert place(page, page.locator("#trace-map")).surrounds(SMALL_SEVEN)
    assert place(page, page.locator("#trace-map")).width < 60


@any_screen
@pytest.mark.parametrize("local_network", [True])
def test_a_flat_picture_has_a_box_without_the_server_around_all_digits_of_a_number(loaded: Page) -> None:
    requests = count_previews(loaded)
    picture = as_file(draw_strokes(number_strokes("27", step=110)))
    loaded.locator("#file").set_input_files({"name": "27.png", "mimeType": "image/png", "buffer": picture})
    expect(loaded.locator(".boxes .box")).to_have_count(2)
    digits = [place(loaded, each) for each in loaded.locator(".boxes .box").all()]
    whole = place(loaded, the_box(loaded))
    assert [whole.surrounds(each) for each in digits] == [True, True]
    move_by_pointer(loaded, "desktop", Rectangle(30, 80, 95, 120))
    expect(loaded.locator("#headline")).to_have_text("2")
    expect(loaded.locator(".boxes .box")).to_have_count(0)
    assert predict(loaded)["result"] == "2"
    assert requests == []


@pytest.mark.parametrize("level", [0, 128, 255])
@any_screen
def test_the_handles_can_be_seen_on_any_picture(page: Page, level: int) -> None:
    """WCAG 1.4.11: 3:1, here of their dark or their light ring."""
    picture = np.full((280, 280), level, np.uint8)
    cv2.line(picture, (140, 80), (140, 200), 255 if level < 128 else 0, 20)
    choose(page, as_file(picture))
    expect(the_box(page)).to_be_visible()
    x, y, _, _ = place(page, the_box(page))
    shot = cv2.imdecode(np.frombuffer(page.locator("#paper").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shot is not None
    scale = shot.shape[0] / 280
    around = shot[round(scale * (y - 5)) : round(scale * (y + 5)), round(scale * (x - 5)) : round(scale * (x + 5))]
    background = luminance(level)
    ratios = [
        (max(each, background) + 0.05) / (min(each, background) + 0.05) for each in map(luminance, np.unique(around))
    ]
    assert max(ratios) >= 3


def luminance(level: float) -> float:
    return float(((level / 255 + 0.055) / 1.055) ** 2.4)


def test_the_handles_are_large_enough_for_fingers(page: Page) -> None:
    choose(page, PHOTOGRAPH)
    expect(the_box(page)).to_be_visible()
    sizes = [each.bounding_box() for each in page.locator(".picture-box .corner").all()]
    assert [size is not None and min(size["width"], size["height"]) >= 24 for size in sizes] == [True] * 4


# The rules of the box


lengths = st.integers(SHORTEST, 280)
boxes = st.builds(
    lambda width, height, x, y: {"width": width, "height": height, "x": x * (280 - width), "y": y * (280 - height)},
    lengths,
    lengths,
    st.floats(0, 1),
    st.floats(0, 1),
)
moves = st.integers(-400, 400)
tries = settings(max_examples=60, deadline=None)


def call(page: Page, name: str, *arguments: object) -> Rectangle:
    return Rectangle(**call_module(page, "model/box.js", name, *arguments))


def is_on_paper(box: Rectangle) -> bool:
    return (
        min(box.x, box.y) >= -1e-9
        and max(box.right, box.bottom) <= 280 + 1e-9
        and min(box.width, box.height) >= SHORTEST - 1e-9
    )


@tries
@given(box=boxes, dx=moves, dy=moves)
def test_a_moved_box_keeps_its_size_and_stays_on_the_paper(
    blank: Page, box: dict[str, float], dx: int, dy: int
) -> None:
    moved = call(blank, "moveBox", box, dx, dy)
    assert is_on_paper(moved)
    assert (moved.width, moved.height) == (box["width"], box["height"])


@tries
@given(box=boxes, corner=st.sampled_from(["nw", "ne", "sw", "se"]), dx=moves, dy=moves)
def test_a_resized_box_keeps_its_other_corner_and_stays_on_the_paper(
    blank: Page, box: dict[str, float], corner: str, dx: int, dy: int
) -> None:
    before, after = Rectangle(**box), call(blank, "resizeBox", box, corner, dx, dy)
    assert is_on_paper(after)
    kept_x = (before.right, after.right) if corner[1] == "w" else (before.x, after.x)
    kept_y = (before.bottom, after.bottom) if corner[0] == "n" else (before.y, after.y)
    assert math.isclose(*kept_x, abs_tol=1e-9)
    assert math.isclose(*kept_y, abs_tol=1e-9)


@tries
@given(x=st.floats(-20, 290), y=st.floats(-20, 290), width=st.floats(0, 300), height=st.floats(0, 300))
def test_the_box_around_what_was_found_is_on_the_paper_and_large_enough(
    blank: Page, x: float, y: float, width: float, height: float
) -> None:
    assert is_on_paper(call(blank, "boxAround", {"x": x, "y": y, "width": width, "height": height}))
