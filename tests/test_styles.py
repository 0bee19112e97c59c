"""training/styles.py: rare styles are added to digits of one stroke, which stay in their place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.drawings import STROKES
from training.drawing import Strokes, extent
from training.styles import FLAT, STYLES, add_style, straight_one

digits = st.sampled_from(list(STROKES))
seeds = st.integers(0, 2**32 - 1)


def strokes_of(digit: int) -> Strokes:
    return [np.array(stroke, np.float64) for stroke in STROKES[digit]]


@given(digit=digits, seed=seeds)
def test_a_styled_digit_is_finite_and_not_much_larger(digit: int, seed: int) -> None:
    strokes = strokes_of(digit)
    styled = add_style(strokes, str(digit), np.random.default_rng(seed))
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) > 0 for stroke in styled)
    assert np.isfinite(np.concatenate(styled)).all()
    size, styled_size = (np.subtract(*extent(each)[::-1]) for each in (strokes, styled))
    assert (styled_size <= FLAT[1] * size + max(size)).all()


@pytest.mark.parametrize("label", [str(digit) for digit in STROKES])
def test_styles_are_added_to_some_of_the_digits_that_have_them(label: str) -> None:
    strokes = strokes_of(int(label))
    styled = [add_style(strokes, label, np.random.default_rng(seed)) for seed in range(200)]
    changed = np.array([len(each) != len(strokes) or len(each[0]) != len(strokes[0]) for each in styled])
    assert changed.any() == (label in STYLES and len(strokes) == 1)
    assert not changed.all()


def test_a_digit_of_several_strokes_keeps_its_style() -> None:
    seven = [*strokes_of(7), np.array([[60.0, 140.0], [180.0, 140.0]])]
    assert all(add_style(seven, "7", np.random.default_rng(seed)) is seven for seed in range(50))


@pytest.mark.parametrize("label", ["2", "4", "6", "9"])
def test_some_digits_are_made_wider_but_not_higher(label: str) -> None:
    """1 and 7 are not, since they would become other signs."""
    strokes = [strokes_of(int(label))[0], np.array([[100.0, 100.0]])]  # two strokes: no other style is added
    sizes = [
        np.ptp(np.concatenate(add_style(strokes, label, np.random.default_rng(seed))), axis=0) for seed in range(99)
    ]
    widths, heights = np.array(sizes).T
    assert widths.max() > widths.min()
    assert heights.max() == heights.min()


@pytest.mark.parametrize("label", STYLES)
@pytest.mark.parametrize("stroke", [[[50, 50]], [[50, 50], [50, 50]], [[50, 20], [50, 90]], [[20, 50], [90, 50]]])
def test_dots_and_lines_stay_finite(label: str, stroke: list[list[int]]) -> None:
    for seed in range(50):
        styled = add_style([np.array(stroke, np.float64)], label, np.random.default_rng(seed))
        assert np.isfinite(np.concatenate(styled)).all()


@given(seed=seeds)
def test_a_straight_one_is_upright(seed: int) -> None:
    (stroke,) = straight_one(np.random.default_rng(seed))
    width, height = np.ptp(stroke, axis=0)
    assert width < height / 2
