"""How the same character varies from hand to hand: changes to strokes, and changes to pictures."""

from __future__ import annotations

import cv2
import numpy as np

from training.drawing import Image, Points, Strokes, extent, fit

Rng = np.random.Generator
UNIT = 100.0  # the longer side of strokes while they are changed


def resample(stroke: Points, step: float) -> Points:
    """Points at equal distances of about `step` along the stroke."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    if lengths[-1] < 1e-6:
        return stroke[:1]
    at = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / step) + 1))
    return np.stack([np.interp(at, lengths, stroke[:, k]) for k in (0, 1)], axis=1)


def vary_strokes(strokes: Strokes, rng: Rng, amount: float = 1.0) -> Strokes:
    """Slant, proportions, curvature, each stroke's own place and ends, gaps, and the tremor of a mouse.

    amount: 1 as far as hands ever differ, 0.5 half as far.
    """
    strokes = [resample(stroke, 2.5) for stroke in fit(strokes, UNIT)]
    low, high = extent(strokes)
    middle, half = (low + high) / 2, UNIT / 2
    matrix = _affine(rng, 7 * amount, 0.18 * amount, 0.12 * amount)
    waist, taper, bow = rng.normal(0, (0.12, 0.12, 0.08)) * amount
    frequency, phase = rng.uniform(0.5, 1.5, (2, 2)) * 2 * np.pi / UNIT, rng.uniform(0, 2 * np.pi, 2)
    amplitude = rng.normal(0, 2.5 * amount, 2)
    mouse = rng.random() < 0.3
    step, tremor = (rng.uniform(4, 16), rng.uniform(0, 1.5)) if mouse else (2.5, 0.0)
    varied = []
    for stroke in strokes:
        points = _ends(stroke, rng, amount) if rng.random() < 0.4 else stroke
        points = _round(points, rng.uniform(0, 3)) if rng.random() < 0.3 * amount else points
        x, y = ((points - middle) / half).T
        y = y + np.clip(waist, -0.35, 0.35) * (1 - y**2)  # loops larger above or below, the ends where they were
        x = x * (1 + taper * y) + bow * y**2
        points = np.stack([x, y], axis=1) * half @ matrix.T
        points = points + amplitude * np.sin(points @ frequency + phase)
        if len(strokes) > 1:
            own = points.mean(axis=0)
            points = (points - own) @ _affine(rng, 4 * amount, 0, 0.06 * amount).T + own
            points = points + rng.normal(0, 1.8 * amount, 2)
        points = resample(points, step)
        points = points + rng.normal(0, 1, points.shape) * tremor
        if len(points) > 16 and rng.random() < 0.06 * amount:
            cut = rng.integers(5, len(points) - 5)
            varied.append(points[: cut - 1])
            points = points[cut:]
        varied.append(points)
    return varied


def _affine(rng: Rng, degrees: float, slant: float, stretch: float) -> Points:
    """A matrix (2, 2) that turns, slants and stretches; each by a normal deviate of that size."""
    angle, shear = np.radians(rng.normal(0, degrees)), rng.normal(0, slant)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.array([[1, shear], [0, 1]]) @ np.diag(np.exp(rng.normal(0, stretch, 2)))


def _ends(stroke: Points, rng: Rng, amount: float) -> Points:
    """Each end cut or drawn on, by up to a twelfth of the stroke: loops open and close, tails grow."""
    if len(stroke) < 12:
        return stroke
    for _ in range(2):
        change = round(rng.uniform(-1, 1) * amount * len(stroke) / 12)
        if change < 0:
            stroke = stroke[:change]
        elif change > 0:
            on = stroke[-1] + (stroke[-1] - stroke[-4]) / 3 * np.arange(1, change + 1)[:, None]
            stroke = np.concatenate([stroke, on])
        stroke = stroke[::-1]
    return stroke


def _round(stroke: Points, width: float) -> Points:
    """Corners rounded by a Gaussian along the stroke, of `width` points; the ends stay."""
    if len(stroke) < 8 or width < 0.3:
        return stroke
    smooth = cv2.GaussianBlur(stroke, (1, 0), sigmaX=1, sigmaY=width, borderType=cv2.BORDER_REPLICATE)
    smooth[0], smooth[-1] = stroke[0], stroke[-1]
    return smooth


def add_style(strokes: Strokes, label: str, rng: Rng) -> Strokes:
    """Styles that MNIST's writers had not: slashed 0, crossed 7, serifed 1."""
    low, high = extent(strokes)
    x, y = low, high - low

    def at(*places: tuple[float, float]) -> Points:
        return x + np.array(places) * y + rng.normal(0, 0.03, (len(places), 2)) * max(y)

    if label == "0" and len(strokes) == 1 and rng.random() < 0.12:
        angle = np.radians(rng.uniform(-10, 95))  # upright at 0, level at 90
        direction = np.array([np.sin(angle), -np.cos(angle)])
        reach = np.linalg.norm(direction * y) / 2 * rng.uniform(0.6, 1) + max(y) * rng.uniform(0, 0.15)
        ends = x + y / 2 + np.outer([reach, -reach], direction)
        return [*strokes, ends + rng.normal(0, 0.03, (2, 2)) * max(y)]
    if label == "7" and len(strokes) == 1 and rng.random() < 0.15:
        height = rng.uniform(0.4, 0.7)
        return [*strokes, at((rng.uniform(0.05, 0.3), height), (rng.uniform(0.75, 1.0), height))]
    if label == "1" and len(strokes) == 1 and rng.random() < 0.15:
        wide = float(y[1]) * rng.uniform(0.12, 0.3)
        top, bottom = strokes[0][strokes[0][:, 1].argmin()], strokes[0][strokes[0][:, 1].argmax()]
        foot = np.array([[-wide, 0.0], [wide, 0.0]]) + bottom
        flag = np.array([[-wide * 1.2, wide * rng.uniform(0.5, 1.5)], [0.0, 0.0]]) + top
        return [*strokes, *([foot] if rng.random() < 0.7 else []), *([flag] if rng.random() < 0.5 else [])]
    return strokes


def warp(picture: Image, rng: Rng, amount: float = 1.0) -> Image:
    """A 28x28 picture turned, slanted, scaled, moved and bent a little (affine and elastic, Simard 2003)."""
    side = picture.shape[0]
    angle, shear = np.radians(rng.normal(0, 7 * amount)), rng.normal(0, 0.12 * amount)
    stretch = np.exp(rng.normal(0, 0.08 * amount, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag(stretch)
    middle = (side - 1) / 2
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) - middle
    field = grid @ matrix.T + middle + rng.uniform(-1.6, 1.6, 2)
    bend = cv2.resize(rng.normal(0, 1, (5, 5, 2)), (side, side), interpolation=cv2.INTER_CUBIC)
    field = (field + bend * rng.uniform(0, 0.8 * amount)).astype(np.float32)
    return cv2.remap(picture, field, None, cv2.INTER_CUBIC)


def thicken(picture: Image, rng: Rng) -> Image:
    """A 28x28 picture with its stroke up to 1.2 px wider or 0.8 px thinner (at four times the size)."""
    large = cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    change = int(rng.integers(-3, 6))
    if change:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(change) + 1, abs(change) + 1))
        large = (cv2.dilate if change > 0 else cv2.erode)(large, kernel)
    return cv2.resize(large, picture.shape[1::-1], interpolation=cv2.INTER_AREA)


def widen(ink: Image, by: float) -> Image:
    """Ink with `by` px more on every side of its stroke, as with a wider pen."""
    paper = cv2.threshold(ink, min(127, int(ink.max()) // 2), 255, cv2.THRESH_BINARY_INV)[1]
    away = cv2.distanceTransform(paper, cv2.DIST_L2, 5)
    return (np.clip(by + 1 - away, 0, 1) * 255).astype(np.uint8)


def wear(picture: Image, rng: Rng) -> Image:
    """What happens to a 28x28 picture on the way: moved, faded, blurred, grained, a patch missing or added."""
    dx, dy = rng.integers(-1, 2, 2) if rng.random() < 0.5 else (0, 0)
    if dx or dy:
        picture = np.roll(picture, (dy, dx), axis=(0, 1))  # the outer pixels are empty
    if rng.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (3, 3), rng.uniform(0.3, 0.8))
    if rng.random() < 0.2:
        curve = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.35)) * rng.uniform(0.7, 1.15) * 255
        picture = cv2.LUT(picture, np.clip(curve, 0, 255).astype(np.uint8))
    if rng.random() < 0.05:
        grain = cv2.resize(rng.uniform(0.35, 1.25, (14, 14)), (28, 28), interpolation=cv2.INTER_LINEAR)
        picture = np.clip(picture * grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.08:
        top, left = rng.integers(2, 23, 2)
        height, width = rng.integers(2, 5, 2)
        picture = picture.copy()
        picture[top : top + height, left : left + width] = 0 if rng.random() < 0.8 else 160
    return picture
