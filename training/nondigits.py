"""Drawings that are not digits: which letters and signs count, and generated scribbles, shapes and doodles."""

from __future__ import annotations

import numpy as np

from training.drawing import Points, Strokes, fit
from training.variation import Rng

NOT_A_DIGIT = 10  # the eleventh class
NOT_A_DIGIT_ABOVE = 0.5  # the verdict is `not a digit` if its probability is higher

# Characters that could be a digit: a straight line is a 1, a ring is a 0, and so on. They are neither trained on nor
# counted as non-digits. Omniglot's characters have numbers: Latin b g i j l o q s y z are 2, 7, 9 and so on; Greek
# theta, a 0 with a bar, is 8.
LOOKALIKES = frozenset("OoQDIil|/\\!'`,jJ)(ZzSsBbqgGyYTae?&") | frozenset(
    f"{alphabet}/character{number:02d}"
    for alphabet, numbers in {
        "Latin": (2, 7, 9, 10, 12, 15, 17, 19, 25, 26),
        "Greek": (4, 6, 8, 9, 15, 18),
        "Early_Aramaic": (1, 3, 4, 5, 6, 10, 11, 14, 16, 17, 19, 20),
        "Korean": (1, 5, 7, 21, 22, 33, 37),
        "Tagalog": (3, 16),
        "Sanskrit": (5, 13, 37),
        "Balinese": (5,),
        "Japanese_(katakana)": (27, 38, 46),
    }.items()
    for number in numbers
)


def _line(rng: Rng) -> Strokes:
    """One or more straight lines, but not a single vertical one (that is a 1)."""
    if rng.random() < 0.4:
        angle = np.radians(rng.uniform(-25, 25))
        return [np.array([[0, 0], [np.cos(angle), np.sin(angle)]]) * 100]
    return [rng.uniform(0, 100, (2, 2)) for _ in range(rng.integers(3, 7))]


def _dots(rng: Rng) -> Strokes:
    return list(rng.uniform(0, 100, (rng.integers(1, 6), 1, 2)))


def _scribble(rng: Rng) -> Strokes:
    """A smoothed random walk that crosses itself."""
    strokes = []
    for _ in range(rng.integers(1, 3)):
        corners = rng.uniform(0, 100, (rng.integers(6, 22), 2))
        at = np.linspace(0, len(corners) - 1, len(corners) * 8)
        points = np.stack([np.interp(at, np.arange(len(corners)), corners[:, k]) for k in (0, 1)], axis=1)
        window = int(rng.integers(1, 9))
        kernel = np.ones(window) / window
        strokes.append(np.stack([np.convolve(points[:, k], kernel, "valid") for k in (0, 1)], axis=1))
    return strokes


def _zigzag(rng: Rng) -> Strokes:
    n = int(rng.integers(5, 14))
    points = np.stack([np.linspace(0, 100, n), np.where(np.arange(n) % 2, 0, rng.uniform(20, 120))], axis=1)
    points = points + rng.normal(0, 4, points.shape)
    return [points if rng.random() < 0.7 else points[:, ::-1]]


def _spiral(rng: Rng) -> Strokes:
    turns = rng.uniform(2.2, 5)
    at = np.linspace(0, turns * 2 * np.pi, 120)
    return [np.stack([np.cos(at), np.sin(at)], axis=1) * (at / at[-1] * 50)[:, None] + 50]


def _polygon(rng: Rng) -> Strokes:
    """A triangle, square, star or another closed shape with corners."""
    n = int(rng.integers(3, 7))
    star = rng.random() < 0.4
    count = 2 * n if star else n
    at = np.arange(count + 1) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
    radius = np.where(np.arange(count + 1) % 2, rng.uniform(15, 28), 50) if star else np.full(count + 1, 50)
    points = np.stack([np.cos(at), np.sin(at)], axis=1) * radius[:, None]
    points[:-1] += rng.normal(0, 4, (count, 2))
    points[-1] = points[0]
    return [points]


def _ring(rng: Rng, middle: tuple[float, float], radius: float) -> Points:
    at = np.linspace(0, 2 * np.pi, 30) + rng.uniform(0, 6)
    return np.stack([np.cos(at), np.sin(at)], axis=1) * radius + np.array(middle)


def _arc(middle: tuple[float, float], radius: float, start: float, end: float) -> Points:
    at = np.radians(np.linspace(start, end, 20))
    return np.stack([np.cos(at), np.sin(at)], axis=1) * radius + np.array(middle)


def _doodle(rng: Rng) -> Strokes:
    """A face, heart, house, arrow, check mark, cross, flower or cloud."""
    kind = rng.integers(0, 8)
    if kind == 0:
        mouth = _arc((50, 50), 28, 30, 150) if rng.random() < 0.7 else _arc((50, 90), 28, 210, 330)
        return [_ring(rng, (50, 50), 50), _ring(rng, (32, 35), 4), _ring(rng, (68, 35), 4), mouth]
    if kind == 1:
        at = np.linspace(0, 2 * np.pi, 50)
        wave = 13 * np.cos(at) - 5 * np.cos(2 * at) - 2 * np.cos(3 * at) - np.cos(4 * at)
        return [np.stack([16 * np.sin(at) ** 3, -wave], axis=1)]
    if kind == 2:
        walls = np.array([[0, 40], [0, 100], [90, 100], [90, 40], [0, 40], [45, 0], [90, 40]])
        return [walls + rng.normal(0, 3, walls.shape), np.array([[35, 100], [35, 65], [55, 65], [55, 100]]) * 1.0]
    if kind == 3:
        head = np.array([[70.0, 20], [100, 50], [70, 80]])
        strokes = [np.array([[0.0, 50], [100, 50]]), head]
        return [stroke[:, ::-1] if rng.random() < 0.3 else stroke for stroke in strokes]
    if kind == 4:
        return [np.array([[0, 55], [30, 90], [100, 0]]) + rng.normal(0, 6, (3, 2))]
    if kind == 5:
        cross = [np.array([[0.0, 0], [100, 100]]), np.array([[100.0, 0], [0, 100]])]
        return [stroke + rng.normal(0, 6, (2, 2)) for stroke in cross]
    if kind == 6:
        petals = int(rng.integers(4, 8))
        at = np.arange(petals) * 2 * np.pi / petals
        rings = [_ring(rng, (50 + 30 * np.cos(a), 50 + 30 * np.sin(a)), 17) for a in at]
        return [*rings, _ring(rng, (50, 50), 12)]
    bumps = [_arc((20 + 20 * k, 50), rng.uniform(12, 18), 180, 360) for k in range(int(rng.integers(3, 6)))]
    return [np.concatenate(bumps), np.array([[5.0, 50], [bumps[-1][-1][0], 50]])]


SHAPES = (_line, _dots, _scribble, _scribble, _zigzag, _spiral, _polygon, _doodle, _doodle)


def invent(rng: Rng) -> Strokes:
    """A random drawing that is not a digit."""
    return SHAPES[rng.integers(len(SHAPES))](rng)


def side_by_side(left: Strokes, right: Strokes, rng: Rng) -> Strokes:
    """Put two digits in one drawing: a number, not a digit."""
    gap = rng.uniform(8, 40)
    left, right = fit(left, 100.0), fit(right, 100.0)
    offset = np.array([np.concatenate(left)[:, 0].max() + gap, rng.normal(0, 8)])
    return left + [stroke + offset for stroke in right]
