"""Styles of writing digits that are rare in the training data, added to the strokes of other drawings.

A change is made only to drawings on which it looks like handwriting, such as a loop only to a 2 of one stroke.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.drawing import Points, Strokes, extent
from training.variation import Rng, resample, round_corners

SHARE = 0.2  # fraction of the drawings of a digit whose style is changed
FLAT_SHARE, FLAT = 0.03, (1.3, 1.8)  # fraction of all drawings that are made wider, and by which factor
STEP = 0.025  # distance of points after resampling, as a fraction of the longer side


def add_style(strokes: Strokes, label: str, rng: Rng) -> Strokes:
    """Sometimes change the style of a digit. label: "0" to "9"."""
    if rng.random() < FLAT_SHARE and label not in "17":
        strokes = [stroke * (rng.uniform(*FLAT), 1.0) for stroke in strokes]
    choices = STYLES.get(label, ())
    if len(strokes) > 1 or not choices or rng.random() >= SHARE:
        return strokes
    corner, high = extent(strokes)
    size = high - corner
    longer = float(max(size))
    if longer == 0:
        return strokes  # a dot
    stroke = resample((strokes[0] - corner) / longer, STEP)  # the longer side is 1
    styled = choices[rng.integers(len(choices))](stroke, size / longer, rng)
    return [each * longer + corner for each in styled]


def _noise(points: Points, rng: Rng) -> Points:
    return points + rng.normal(0, 0.03, points.shape)


def _slashed_zero(stroke: Points, size: Points, rng: Rng) -> Strokes:
    angle = np.radians(rng.uniform(-10, 95))  # 0 is vertical, 90 horizontal
    direction = np.array([np.sin(angle), -np.cos(angle)])
    reach = float(np.linalg.norm(direction * size)) / 2 * rng.uniform(0.6, 1) + rng.uniform(0, 0.15)
    return [stroke, _noise(size / 2 + np.outer([reach, -reach], direction), rng)]


def _crossed_seven(stroke: Points, size: Points, rng: Rng) -> Strokes:
    height = rng.uniform(0.4, 0.75)
    bar = np.array([[rng.uniform(0.05, 0.3), height], [rng.uniform(0.75, 1.0), height]])
    return [stroke, _noise(bar * size, rng)]


def _seven_with_foot(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """The stem ends in a hook to the right, like the foot of a 2 but shorter."""
    if not _ends_low(stroke, size):
        return [stroke]
    width, rise = rng.uniform(0.1, 0.3), rng.uniform(-0.02, 0.1)
    return [_round_corner(np.concatenate([stroke, stroke[-1] + _line((width, -rise))]), len(stroke), rng)]


def _hooked_seven(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """The bar begins with a short downstroke, sometimes so long that it nearly closes."""
    if stroke[0, 1] > 0.35 * size[1] or stroke[0, 0] > 0.4 * size[0]:
        return [stroke]
    hook = stroke[0] + _line((rng.uniform(-0.12, 0.05), rng.uniform(0.12, 0.35)))
    return [_round_corner(np.concatenate([hook[::-1], stroke]), len(hook), rng)]


def _serifed_one(stroke: Points, size: Points, rng: Rng) -> Strokes:
    width = float(size[1]) * rng.uniform(0.12, 0.3)
    top, bottom = stroke[stroke[:, 1].argmin()], stroke[stroke[:, 1].argmax()]
    foot = np.array([[-width, 0.0], [width, 0.0]]) + bottom
    flag = np.array([[-width * 1.2, width * rng.uniform(0.5, 1.5)], [0.0, 0.0]]) + top
    return [stroke, *([foot] if rng.random() < 0.7 else []), *([flag] if rng.random() < 0.5 else [])]


def _looped_two(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """A small loop at the lower left corner, where the pen turns from the downstroke into the base."""
    lower = np.flatnonzero(stroke[:, 1] > 0.6 * size[1])
    if not len(lower):
        return [stroke]
    corner = int(lower[stroke[lower, 0].argmin()])
    if not 0.4 * len(stroke) < corner < 0.9 * len(stroke):
        return [stroke]
    width, height = rng.uniform(0.08, 0.2), rng.uniform(0.06, 0.18)
    turn = np.radians(np.linspace(60, 60 + rng.uniform(300, 380), 24))  # clockwise on the screen, from below
    loop = np.stack([np.cos(turn) * width, np.sin(turn) * height], axis=1)
    loop = loop - loop[0] + stroke[corner]
    rest = stroke[corner + 1 :] + (loop[-1] - stroke[corner])
    return [round_corners(np.concatenate([stroke[:corner], loop, rest]), rng.uniform(0.7, 2))]


def _open_six(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """The loop ends before it meets the stem."""
    return [stroke[: len(stroke) - round(len(stroke) * rng.uniform(0.05, 0.18))]]


def _tailed_nine(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """A long tail, which curves to the left like that of a g."""
    if not _ends_low(stroke, size) or stroke[-1, 1] - stroke[-8:, 1].min() < 3 * STEP:
        return [stroke]
    turn, length, count = np.radians(rng.uniform(60, 200)), rng.uniform(0.25, 0.6), 20
    heading = np.arctan2(*(stroke[-1] - stroke[-5])[::-1])
    headings = heading + np.linspace(0, turn, count)  # y points down: growing angles turn clockwise on the screen
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1) * length / count
    return [round_corners(np.concatenate([stroke, stroke[-1] + steps.cumsum(axis=0)]), rng.uniform(0.7, 2))]


def _short_nine(stroke: Points, size: Points, rng: Rng) -> Strokes:
    """A large loop and a short tail."""
    if not _ends_low(stroke, size):
        return [stroke]
    return [stroke[: len(stroke) - round(len(stroke) * rng.uniform(0.05, 0.15))]]


def _ends_low(stroke: Points, size: Points) -> bool:
    return bool(stroke[-1, 1] > 0.75 * size[1])


def _line(by: tuple[float, float]) -> Points:
    """Points from the origin, which is left out, to `by`."""
    count = max(2, round(float(np.hypot(*by)) / STEP))
    return np.outer(np.arange(1, count + 1) / count, by)


def _round_corner(stroke: Points, at: int, rng: Rng) -> Points:
    """Round the corner at a point half of the time."""
    if rng.random() < 0.5:
        return stroke
    begin, end = max(at - 6, 0), min(at + 6, len(stroke))
    rounded = stroke.copy()
    rounded[begin:end] = round_corners(stroke, rng.uniform(0.7, 2))[begin:end]
    return rounded


def straight_one(rng: Rng) -> Strokes:
    """A 1 that is one straight line, as with a ruler. Every recorded 1 is at least slightly curved."""
    tilt = np.radians(np.clip(rng.normal(3, 8), -20, 25))  # most people lean to the right
    return [np.array([[0.0, 0.0], [-np.sin(tilt), np.cos(tilt)]])]


STYLES: dict[str, tuple[Callable[[Points, Points, Rng], Strokes], ...]] = {
    "0": (_slashed_zero,),
    "1": (_serifed_one,),
    "2": (_looped_two,),
    "6": (_open_six,),
    "7": (_crossed_seven, _seven_with_foot, _hooked_seven),
    "9": (_tailed_nine, _short_nine),
}
