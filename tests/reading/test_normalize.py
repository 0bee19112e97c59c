"""Properties of normalization: box, center of mass and stroke width are MNIST's, for any position, size and pen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from backend.reading.image import Image
from backend.reading.normalize import normalize, normalize_piece, stroke_width
from tests.data import mnist
from tests.reading.test_ink import alike
from tools.drawings import STROKES, draw

THINNEST, THICKEST = 1.2, 4.3  # px; 90 % of MNIST's own strokes, measured in the same way, are 1.35 to 3.95 px


@st.composite
def digits_as_people_draw(draw_one: DrawFn) -> Image:
    """Ink (280, 280): any digit at any position and size, with any pen that keeps its shape recognizable."""
    side = draw_one(st.integers(60, 240))
    pen = draw_one(st.integers(4, min(36, side // 4)))
    room = 280 - side - pen
    left, top = (pen // 2 + draw_one(st.integers(0, room)) for _ in "xy")
    digit = draw_one(st.sampled_from(sorted(STROKES)))
    return 255 - draw(digit, side=side, left=left, top=top, pen=pen)


@st.composite
def any_strokes(draw_one: DrawFn) -> Image:
    """Ink (200, 200) of random polylines and dots."""
    ink = np.zeros((200, 200), np.uint8)
    point = st.tuples(st.integers(0, 199), st.integers(0, 199))
    for stroke in draw_one(st.lists(st.lists(point, min_size=1, max_size=6), min_size=1, max_size=4)):
        pen = draw_one(st.integers(1, 40))
        cv2.polylines(ink, [np.array([*stroke, stroke[-1]])], False, 255, pen, cv2.LINE_AA)
    assume(ink.max() > 127)
    return ink


def center_of_mass(image: Image) -> tuple[float, float]:
    """Row and column, in index coordinates."""
    rows, columns = np.mgrid[:28, :28]
    mass = image.astype(float)
    return float((mass * rows).sum() / mass.sum()), float((mass * columns).sum() / mass.sum())


def bounds(image: Image) -> tuple[int, int, int, int]:
    """Left, top, width and height of the ink."""
    left, top, width, height = cv2.boundingRect((image > 0).astype(np.uint8))
    return left, top, width, height


# MNIST's rule


@given(ink=digits_as_people_draw())
def test_the_center_of_mass_is_in_the_middle(ink: Image) -> None:
    row, column = center_of_mass(normalize(ink))
    assert 13.5 <= row <= 14.5
    assert 13.5 <= column <= 14.5


@given(ink=digits_as_people_draw())
def test_the_longer_side_is_20_px(ink: Image) -> None:
    assert max(bounds(normalize(ink))[2:]) == 20


@given(ink=digits_as_people_draw())
def test_the_stroke_is_as_wide_as_mnists(ink: Image) -> None:
    image = normalize(ink)
    upright = bounds(image)[2] == 1  # the width of a straight 1 is rounded to whole px
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    assert (0.75 if upright else THINNEST) <= stroke_width(large) / 4 <= THICKEST


@given(ink=any_strokes())
def test_any_drawing_is_kept_whole_and_centered_as_far_as_possible(ink: Image) -> None:
    image = normalize(ink)
    assert image.dtype == np.uint8
    assert image.shape == (28, 28)
    left, top, width, height = bounds(image)
    assert 1 <= max(width, height) <= 20
    for at, start, length in zip(center_of_mass(image), (top, left), (height, width), strict=True):
        assert 13.5 <= at <= 14.5 or start == 0 or start + length == 28


# Invariance


@given(ink=digits_as_people_draw(), down=st.integers(0, 60), right=st.integers(0, 60))
def test_moving_changes_nothing(ink: Image, down: int, right: int) -> None:
    moved = np.pad(ink, ((down, 60 - down), (right, 60 - right)))
    np.testing.assert_array_equal(normalize(moved), normalize(ink))


@given(
    digit=st.sampled_from(sorted(STROKES)),
    pen=st.integers(12, 28),
    times=st.floats(0.5, 4),
    bolder=st.floats(0.9, 1.1),
)
def test_size_makes_little_difference(digit: int, pen: int, times: float, bolder: float) -> None:
    side = round(150 * times)
    other = draw(digit, size=900, side=side, left=80, top=80, pen=max(1, round(pen * times * bolder)))
    assert alike(normalize(255 - other), normalize(255 - draw(digit, side=150, pen=pen))) > 0.7


@given(ink=digits_as_people_draw(), row=st.integers(0, 279), column=st.integers(0, 279))
def test_a_stray_dot_does_not_shrink_the_digit(ink: Image, row: int, column: int) -> None:
    dotted = ink.copy()
    cv2.circle(dotted, (column, row), 1, 255, cv2.FILLED)
    near = cv2.dilate(ink, np.ones((25, 25), np.uint8))[row, column]
    assume(not near)  # otherwise it belongs to the digit
    assert alike(normalize(dotted), normalize(ink)) > 0.8


def test_the_aspect_ratio_is_kept() -> None:
    _, _, width, height = bounds(normalize(255 - draw(1, pen=20)))
    assert height == 20
    assert width < 5
    _, _, width, height = bounds(normalize(255 - draw(0)))
    assert 12 <= width <= 17


def test_a_thick_stroke_is_thinned_and_a_thin_one_thickened() -> None:
    fat, thin = (normalize(255 - draw(3, side=side, pen=pen)) for side, pen in ((70, 14), (200, 3)))
    assert alike(fat, thin) > 0.75
    assert 0.6 < int(fat.sum()) / int(thin.sum()) < 1.9


# Edge cases


@pytest.mark.parametrize(("size", "pen"), [(280, 1), (1000, 1), (2000, 3), (3000, 3)])
@pytest.mark.parametrize("digit", [0, 2, 3, 8])
def test_a_stroke_thinner_than_a_pixel_is_not_lost(digit: int, size: int, pen: int) -> None:
    thin = draw(digit, size=size, side=round(size * 0.8), left=size // 10, top=size // 10, pen=pen)
    assert alike(normalize(255 - thin), normalize(255 - draw(digit, pen=14))) > 0.85


def test_a_digit_drawn_with_dots_is_kept() -> None:
    dotted = np.zeros((280, 280), np.uint8)
    for at in np.linspace(0, 2 * np.pi, 40):
        cv2.circle(dotted, (round(140 + 60 * np.cos(at)), round(140 + 90 * np.sin(at))), 3, 255, cv2.FILLED)
    assert bounds(normalize(dotted))[3] == 20
    assert alike(normalize(dotted), normalize(255 - draw(0))) > 0.6


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_faint_dots_alone_are_kept(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = np.where(rng.random((280, 280)) < 0.005, rng.integers(41, 160, (280, 280)), 0).astype(np.uint8)
    ink[seed, 100] = 255
    assert normalize(ink).max() > 200


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (28, 28), (3000, 20)])
def test_an_image_full_of_ink_is_kept(shape: tuple[int, int]) -> None:
    assert normalize(np.full(shape, 255, np.uint8)).max() > 200


def test_the_box_of_the_28_by_28_image_contains_the_digit() -> None:
    piece = normalize_piece(255 - draw(5))
    np.testing.assert_array_equal(piece.ink, normalize(255 - draw(5)))
    assert piece.box.width == pytest.approx(piece.box.height, rel=0.06)
    assert piece.box.left < 75 < 215 < piece.box.left + piece.box.width


# MNIST itself


def test_mnists_own_images_are_nearly_unchanged() -> None:
    images, _ = mnist()
    likeness = [alike(normalize(image), image) for image in images[:1000]]
    assert np.median(likeness) > 0.97
    assert np.quantile(likeness, 0.05) > 0.9
