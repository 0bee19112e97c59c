"""training/numbers.py: digits in a row are as far apart as their spacing says, and on the canvas."""

from __future__ import annotations

import numpy as np
import pytest

from backend.reading.pieces import components
from tools.drawings import STROKES
from training.drawing import CANVAS, Strokes, extent
from training.numbers import Composed, Spacing, compose

GLYPHS: dict[int, Strokes] = {
    digit: [np.array(stroke, np.float64) for stroke in strokes] for digit, strokes in STROKES.items()
}


def composed(spacing: Spacing, seed: int, digits: tuple[int, ...] = (3, 0, 2)) -> Composed:
    text = "".join(map(str, digits))
    return compose([GLYPHS[digit] for digit in digits], text, np.random.default_rng(seed), spacing)


@pytest.mark.parametrize("spacing", ["separate", "touching", "overlapping", "joined"])
def test_a_number_is_on_its_canvas(spacing: Spacing) -> None:
    for seed in range(10):
        number = composed(spacing, seed)
        low, high = extent(number.strokes)
        assert (low >= number.pen / 2).all()
        assert (high <= np.array(number.shape[::-1]) - number.pen / 2).all()
        assert number.shape[0] == CANVAS
        assert number.ink().shape == number.shape


@pytest.mark.parametrize("seed", range(10))
def test_separate_digits_are_apart_and_touching_ones_meet(seed: int) -> None:
    assert len(components(composed("separate", seed).ink())) == 3
    assert len(components(composed("touching", seed).ink())) < 3


@pytest.mark.parametrize("seed", range(10))
def test_overlapping_digits_share_columns(seed: int) -> None:
    left, right = (stroke[:, 0] for stroke in composed("overlapping", seed, (0, 0)).strokes)
    assert left.max() > right.min()


def test_joined_digits_are_one_stroke() -> None:
    assert len(composed("joined", 1, (3, 2)).strokes) == 1
