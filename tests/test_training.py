"""Training data: strokes drawn, varied, generated and photographed, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from tests.reading.test_ink import alike
from tools.drawings import STROKES
from training.drawing import CANVAS, PENS, Strokes, draw, draw_at_random, extent, fit, place
from training.nondigits import LOOKALIKES, SHAPES, invent, side_by_side
from training.paper import photograph
from training.styles import add_style
from training.variation import Rng, resample, thicken, vary_strokes, warp, wear

seeds = st.integers(0, 2**32 - 1)
digits = st.sampled_from(sorted(STROKES))


def strokes_of(digit: int) -> Strokes:
    return [np.array(stroke, np.float64) for stroke in STROKES[digit]]


def image_of(digit: int) -> Image:
    return normalize(draw(place(strokes_of(digit), np.random.default_rng(0), 180, 16), 16))


# Drawing


@given(digit=digits, longer=st.floats(1, 1000))
def test_fitted_strokes_begin_at_the_origin_and_have_the_given_size(digit: int, longer: float) -> None:
    low, high = extent(fit(strokes_of(digit), longer))
    np.testing.assert_allclose(low, 0, atol=1e-9)
    assert max(high) == pytest.approx(longer)


@given(digit=digits, seed=seeds, longer=st.floats(70, 240), pen=st.floats(*PENS))
def test_placed_strokes_lie_on_the_canvas_with_room_for_the_pen(
    digit: int, seed: int, longer: float, pen: float
) -> None:
    low, high = extent(place(strokes_of(digit), np.random.default_rng(seed), longer, pen))
    assert min(low) >= pen / 2 - 1e-9
    if longer + pen <= CANVAS:
        assert max(high) <= CANVAS - pen / 2 + 1e-9


@pytest.mark.parametrize("pen", [6, 10, 20, 36])
def test_a_line_is_as_wide_as_its_pen(pen: int) -> None:
    """Plus antialiasing, which OpenCV adds outside."""
    ink = draw([np.array([[40.0, 140], [240, 140]])], pen)
    assert ink.shape == (CANVAS, CANVAS)
    assert ink[:, 140].sum() / 255 == pytest.approx(pen + 1, abs=1)


def test_a_point_is_a_dot() -> None:
    ink = draw([np.array([[100.0, 60]])], 20)
    assert ink.sum() / 255 == pytest.approx(np.pi * 10.5**2, rel=0.05)
    assert ink[60, 100] == 255


@given(digit=digits, seed=seeds)
def test_a_digit_drawn_at_random_can_be_normalized(digit: int, seed: int) -> None:
    ink = draw_at_random(strokes_of(digit), np.random.default_rng(seed))
    assert ink.shape == (CANVAS, CANVAS)
    assert normalize(ink).max() > 200


# Variation of strokes


@given(seed=seeds, step=st.floats(1, 20))
def test_resampled_points_are_equidistant(seed: int, step: float) -> None:
    corners = np.random.default_rng(seed).uniform(0, 100, (2, 2))
    points = resample(np.array([corners[0], corners.mean(axis=0), corners[1]]), step)
    gaps = np.hypot(*np.diff(points, axis=0).T)
    assert np.ptp(gaps) < 1e-6
    np.testing.assert_allclose(points[[0, -1]], corners)


def test_a_stroke_without_length_becomes_a_point() -> None:
    assert resample(np.full((5, 2), 3.0), 1).shape == (1, 2)


@given(digit=digits, seed=seeds)
def test_varied_strokes_are_finite_and_not_much_larger(digit: int, seed: int) -> None:
    varied = vary_strokes(strokes_of(digit), np.random.default_rng(seed))
    assert len(varied) >= len(STROKES[digit])
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) > 0 for stroke in varied)
    low, high = extent(varied)
    assert np.isfinite(low).all()
    assert max(high - low) < 300


@pytest.mark.parametrize("digit", STROKES)
def test_a_varied_digit_is_still_that_digit(digit: int) -> None:
    recognizer = Recognizer(TOP)
    rngs = [np.random.default_rng(seed) for seed in range(60)]
    varied = [draw_at_random(vary_strokes(strokes_of(digit), rng), rng) for rng in rngs]
    assert np.mean([recognizer.read(normalize(ink)).digit == digit for ink in varied]) > 0.9


# Variation of images


@pytest.mark.parametrize("change", [warp, thicken, wear])
@given(digit=digits, seed=seeds)
def test_a_varied_image_is_an_image(change: Callable[[Image, Rng], Image], digit: int, seed: int) -> None:
    image = image_of(digit)
    before = image.copy()
    varied = change(image, np.random.default_rng(seed))
    assert varied.dtype == np.uint8
    assert varied.shape == (28, 28)
    assert varied.max() > 50
    np.testing.assert_array_equal(image, before)  # the argument is not changed


def test_thickening_adds_ink_and_thinning_removes_it() -> None:
    image = image_of(3)
    amounts = [int(thicken(image, np.random.default_rng(seed)).sum()) for seed in range(40)]
    assert min(amounts) < int(image.sum()) < max(amounts)


# Non-digits


@pytest.mark.parametrize("shape", dict.fromkeys(SHAPES), ids=lambda shape: shape.__name__.strip("_"))
@given(seed=seeds)
def test_each_generated_shape_can_be_drawn(shape: Callable[[Rng], Strokes], seed: int) -> None:
    rng = np.random.default_rng(seed)
    strokes = shape(rng)
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)
    assert draw_at_random(strokes, rng).max() == 255


def test_all_shapes_are_generated() -> None:
    drawn = {len(np.concatenate(invent(np.random.default_rng(seed)))) for seed in range(300)}
    assert len(drawn) > 30


@given(left=digits, right=digits, seed=seeds)
def test_two_digits_stand_side_by_side(left: int, right: int, seed: int) -> None:
    both = side_by_side(strokes_of(left), strokes_of(right), np.random.default_rng(seed))
    first, second = both[: len(STROKES[left])], both[len(STROKES[left]) :]
    assert extent(first)[1][0] < extent(second)[0][0]


def test_letters_that_could_be_digits_are_not_counted_as_non_digits() -> None:
    assert set("OoIlZzSsBbqg") <= LOOKALIKES
    assert not set("0123456789") & LOOKALIKES


# Paper


@settings(max_examples=25)
@given(digit=digits, seed=seeds)
def test_a_photograph_is_a_color_image(digit: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = photograph(draw_at_random(strokes_of(digit), rng), rng)
    assert page.dtype == np.uint8
    assert page.ndim == 3
    assert page.shape[2] == 3
    assert page.shape[0] >= 320


def test_most_photographs_are_readable() -> None:
    likeness = []
    for digit in STROKES:
        for seed in range(3):
            rng = np.random.default_rng(seed)
            ink = draw(place(strokes_of(digit), rng, 200, 16), 16)
            try:
                likeness.append(alike(normalize(find_ink(photograph(ink, rng))), normalize(ink)))
            except BlankDrawing:
                likeness.append(0)
    assert np.median(likeness) > 0.85


# Reproducibility


@settings(max_examples=25)
@given(digit=digits, seed=seeds)
def test_the_same_seed_gives_the_same_images(digit: int, seed: int) -> None:
    def everything() -> list[Image]:
        rng = np.random.default_rng(seed)
        ink = draw_at_random(vary_strokes(add_style(strokes_of(digit), str(digit), rng), rng), rng)
        worn = wear(thicken(warp(normalize(ink), rng), rng), rng)
        return [ink, worn, draw_at_random(invent(rng), rng), photograph(ink, rng, largest=400)]

    for first, second in zip(everything(), everything(), strict=True):
        np.testing.assert_array_equal(first, second)
