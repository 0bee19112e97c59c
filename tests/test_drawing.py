"""Placing strokes on the canvas."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.drawing import CANVAS, extent, place

STROKES = [np.array([[0.0, 0.0], [40.0, 10.0]]), np.array([[30.0, -5.0], [30.0, 80.0]])]


@given(seed=st.integers(0, 2**32 - 1), longer=st.floats(70, 260), pen=st.floats(6, 20))
def test_a_placed_drawing_keeps_its_shape_and_stays_on_the_canvas(seed: int, longer: float, pen: float) -> None:
    placed = place(STROKES, np.random.default_rng(seed), longer, pen)
    scale = longer / 85
    for before, after in zip(STROKES, placed, strict=True):
        assert np.allclose(after - placed[0][0], (before - STROKES[0][0]) * scale)
    low, high = extent(placed)
    assert (low >= pen / 2 - 1e-9).all()
    assert (high <= CANVAS - pen / 2 + 1e-9).all()
