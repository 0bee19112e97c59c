"""Composes numbers and words from a writer's own digits and letters, as strokes on a canvas of any width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from training.drawing import CANVAS, Strokes, draw, extent, fit
from training.nondigits import LOOKALIKES
from training.sources import Pens
from training.variation import Rng, resample

# How neighbors are placed. separate: their ink is apart; touching: it just meets; overlapping: their bounding boxes
# share columns, and their ink may cross; joined: touching or not, one stroke leads from each to the next.
Spacing = Literal["separate", "touching", "overlapping", "joined"]

HEIGHT = 100.0  # the typical longer side of a digit while a string is composed
MARGIN = 6.0  # px between the ink and the edge of the canvas
MOST_DIGITS = 6


class Composed(NamedTuple):
    """A string as strokes in px of a canvas."""

    text: str
    strokes: Strokes
    pen: float  # px
    shape: tuple[int, int]  # height and width of the canvas
    owners: tuple[int, ...]  # for each stroke, the glyph that it belongs to, from left to right
    drawings: tuple[int, ...] = ()  # which the digits are

    def ink(self) -> Image:
        """0 paper to 255 ink."""
        return draw(self.strokes, self.pen, self.shape)

    def ink_of(self, glyph: int) -> Image:
        """The ink of one glyph, on the same canvas."""
        own = [stroke for stroke, owner in zip(self.strokes, self.owners, strict=True) if owner == glyph]
        return draw(own, self.pen, self.shape)


def compose_number(
    pens: Pens, drawings: npt.NDArray[np.int64], rng: Rng, spacing: Spacing, count: int | None = None
) -> Composed:
    """A number of `count` digits (2 to 6 if omitted) by one of the writers of `drawings`, indices into `pens`."""
    writer = pens.writer[rng.choice(drawings)]
    own = drawings[pens.writer[drawings] == writer]
    count = int(rng.integers(2, MOST_DIGITS + 1)) if count is None else count
    chosen = rng.choice(own, count).tolist()
    number = compose([pens.strokes(i) for i in chosen], "".join(pens.label[chosen]), rng, spacing)
    return number._replace(drawings=tuple(chosen))


def compose_word(others: Pens, drawings: npt.NDArray[np.int64], rng: Rng) -> Composed:
    """Two to seven of one writer's letters, at least half of which look like no digit."""
    letters = drawings[np.char.isalpha(others.label[drawings]) & (np.char.str_len(others.label[drawings]) == 1)]
    while True:
        own = letters[others.writer[letters] == others.writer[rng.choice(letters)]]
        chosen = rng.choice(own, int(rng.integers(2, 8)))
        if 2 * np.isin(others.label[chosen], list(LOOKALIKES)).sum() <= len(chosen):
            break
    spacing: Spacing = "separate" if rng.random() < 0.7 else "touching"
    return compose([others.strokes(i) for i in chosen.tolist()], "".join(others.label[chosen]), rng, spacing)


def compose(glyphs: Sequence[Strokes], text: str, rng: Rng, spacing: Spacing) -> Composed:
    """Place glyphs in a row, with a common slant, uneven sizes and baseline, and draw them with one pen.

    At least one gap, and on average two of three, have the given spacing; the others are separate.
    """
    pen = float(np.exp(rng.uniform(*np.log((5.0, 15.0)))))
    slant, rise = rng.normal(0, 0.12), rng.normal(0, 0.03)
    spaced = rng.random(len(glyphs)) < 0.6
    spaced[rng.integers(1, len(glyphs))] = True
    row: list[Strokes] = []
    for k, glyph in enumerate(glyphs):
        strokes = _upright(glyph, rng, slant)
        if row:
            way = spacing if spaced[k] else "separate"
            offset = _offset(row[-1], strokes, pen, rng, way)
            strokes = [stroke + np.array([offset, rise * offset]) for stroke in strokes]
        row.append(strokes)
        if len(row) > 1 and spacing == "joined" and spaced[k]:
            _join(row, rng)
    strokes, pen, shape = _on_canvas([stroke for strokes in row for stroke in strokes], len(text), pen, rng)
    owners = tuple(k for k, strokes in enumerate(row) for _ in strokes)
    return Composed(text, strokes, pen, shape, owners)


def _upright(glyph: Strokes, rng: Rng, slant: float) -> Strokes:
    """A glyph of about HEIGHT that stands on y = 0."""
    longer = HEIGHT * float(np.exp(rng.normal(0, 0.08)))
    strokes = [resample(stroke, 2.0) for stroke in fit(glyph, longer)]
    low, high = extent(strokes)
    base = high[1] + rng.normal(0, 5)
    if high[1] - low[1] < 0.6 * longer:
        base = high[1] + (longer - (high[1] - low[1])) / 2  # a flat glyph is centered
    strokes = [stroke - (0, base) for stroke in strokes]
    return [stroke + np.outer(stroke[:, 1], (-slant, 0)) for stroke in strokes]


def _offset(left: Strokes, right: Strokes, pen: float, rng: Rng, spacing: Spacing) -> float:
    """How far to move `right` so that it follows `left` with this spacing."""
    a, b = np.concatenate(left), np.concatenate(right)
    if spacing == "overlapping":
        width = max(15.0, min(np.ptp(a[:, 0]), np.ptp(b[:, 0])))
        return float(a[:, 0].max() - b[:, 0].min() - rng.uniform(0.1, 0.4) * width)
    if spacing == "touching":
        return _offset_at(a, b, pen * rng.uniform(0.5, 1.0))
    apart = _offset_at(a, b, pen + 4 + float(np.exp(rng.normal(2.2, 0.6))))
    # Digits of the same row rarely slide under each other.
    return max(apart, float(a[:, 0].max() - b[:, 0].min() - rng.uniform(-0.05, 0.1) * HEIGHT))


def _offset_at(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], distance: float) -> float:
    """The smallest offset of b at which none of its points is nearer than `distance` to a point of a.

    a and b: (n, 2). The bounding boxes overlap by at most half of HEIGHT.
    """
    dy = a[:, None, 1] - b[None, :, 1]
    near = np.abs(dy) < distance
    reach = np.sqrt(np.maximum(distance**2 - dy**2, 0))
    needed = np.where(near, a[:, None, 0] - b[None, :, 0] + reach, -np.inf)
    boxes = float(a[:, 0].max() - b[:, 0].min())
    return max(float(needed.max()), boxes - 0.5 * HEIGHT)


def _join(row: list[Strokes], rng: Rng) -> None:
    """Lead the last stroke of the last but one glyph to the first stroke of the last, without lifting the pen."""
    end, start = row[-2][-1], row[-1][0]
    middle = (end[-1] + start[0]) / 2 + (0, rng.uniform(0, 12))
    at = np.linspace(0, 1, 12)[1:-1, None]
    bridge = (1 - at) ** 2 * end[-1] + 2 * at * (1 - at) * middle + at**2 * start[0]
    row[-1] = [np.concatenate([end, bridge, start]), *row[-1][1:]]
    row[-2] = row[-2][:-1]


def _on_canvas(strokes: Strokes, count: int, pen: float, rng: Rng) -> tuple[Strokes, float, tuple[int, int]]:
    """Scale the strokes of `count` glyphs to a canvas, the page's or a wider one, and put them at a random place on it.

    Returns the strokes, the width of the pen, and the height and width of the canvas.
    """
    low, high = extent(strokes)
    size = high - low + pen
    tallest = (CANVAS - 2 * MARGIN) / size[1]
    height = rng.uniform(90, 230) / HEIGHT
    wide = rng.random() < (count - 1) / 4
    width = int(rng.integers(400, 1100)) if wide else CANVAS
    scale = min(height, tallest, (width - 2 * MARGIN) / size[0])
    room = np.array([width, CANVAS]) - 2 * MARGIN - size * scale
    corner = MARGIN + rng.random(2) * np.maximum(room, 0)
    placed = [(stroke - low + pen / 2) * scale + corner for stroke in strokes]
    return placed, pen * scale, (CANVAS, width)
