"""Data augmentation: random variation of strokes and of 28x28 images."""

from __future__ import annotations

import cv2
import numpy as np

from backend.reading.image import Image
from training.drawing import Points, Strokes, extent, fit

Rng = np.random.Generator
UNIT = 100.0  # the longer side to which strokes are scaled before they are varied


def resample(stroke: Points, step: float) -> Points:
    """Resample a stroke to points at equal distances of about `step`."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    if lengths[-1] < 1e-6:
        return stroke[:1]
    at = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / step) + 1))
    return np.stack([np.interp(at, lengths, stroke[:, k]) for k in (0, 1)], axis=1)


def vary_strokes(strokes: Strokes, rng: Rng, amount: float = 1.0) -> Strokes:
    """Vary slant, proportions and curvature, each stroke's position and ends, and add gaps and the tremor of a mouse.

    amount: 1 for the full range of handwriting, 0.5 for half of it.
    """
    strokes = [resample(stroke, 2.5) for stroke in fit(strokes, UNIT)]
    low, high = extent(strokes)
    middle, half = (low + high) / 2, UNIT / 2
    matrix = _random_affine(rng, 7 * amount, 0.18 * amount, 0.12 * amount)
    waist, taper, bow = rng.normal(0, (0.12, 0.12, 0.08)) * amount
    frequency, phase = rng.uniform(0.5, 1.5, (2, 2)) * 2 * np.pi / UNIT, rng.uniform(0, 2 * np.pi, 2)
    amplitude = rng.normal(0, 2.5 * amount, 2)
    mouse = rng.random() < 0.3
    step, tremor = (rng.uniform(4, 16), rng.uniform(0, 1.5)) if mouse else (2.5, 0.0)
    varied = []
    for stroke in strokes:
        points = _ends(stroke, rng, amount) if rng.random() < 0.4 else stroke
        points = round_corners(points, rng.uniform(0, 3)) if rng.random() < 0.3 * amount else points
        x, y = ((points - middle) / half).T
        y = y + np.clip(waist, -0.35, 0.35) * (1 - y**2)  # larger upper or lower loops, with the ends fixed
        x = x * (1 + taper * y) + bow * y**2
        points = np.stack([x, y], axis=1) * half @ matrix.T
        points = points + amplitude * np.sin(points @ frequency + phase)
        if len(strokes) > 1:
            center = points.mean(axis=0)
            points = (points - center) @ _random_affine(rng, 4 * amount, 0, 0.06 * amount).T + center
            points = points + rng.normal(0, 1.8 * amount, 2)
        points = resample(points, step)
        points = points + rng.normal(0, 1, points.shape) * tremor
        if len(points) > 16 and rng.random() < 0.06 * amount:
            cut = rng.integers(5, len(points) - 5)
            varied.append(points[: cut - 1])
            points = points[cut:]
        varied.append(points)
    return varied


def _random_affine(rng: Rng, degrees: float, shear: float, stretch: float) -> Points:
    """A random matrix (2, 2) that scales, shears and rotates; the arguments are standard deviations."""
    angle, slant = np.radians(rng.normal(0, degrees)), rng.normal(0, shear)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ np.array([[1, slant], [0, 1]]) @ np.diag(np.exp(rng.normal(0, stretch, 2)))


def _ends(stroke: Points, rng: Rng, amount: float) -> Points:
    """Shorten or extend each end by up to a twelfth of the stroke, so that loops open or close and tails grow."""
    if len(stroke) < 12:
        return stroke
    for _ in range(2):
        change = round(rng.uniform(-1, 1) * amount * len(stroke) / 12)
        if change < 0:
            stroke = stroke[:change]
        elif change > 0:
            tail = stroke[-1] + (stroke[-1] - stroke[-4]) / 3 * np.arange(1, change + 1)[:, None]
            stroke = np.concatenate([stroke, tail])
        stroke = stroke[::-1]
    return stroke


def round_corners(stroke: Points, width: float) -> Points:
    """Round corners with a Gaussian of `width` points along the stroke; the ends stay."""
    if len(stroke) < 8 or width < 0.3:
        return stroke
    smooth = cv2.GaussianBlur(stroke, (1, 0), sigmaX=1, sigmaY=width, borderType=cv2.BORDER_REPLICATE)
    smooth[0], smooth[-1] = stroke[0], stroke[-1]
    return smooth


def warp(image: Image, rng: Rng, amount: float = 1.0) -> Image:
    """Apply a small random affine and elastic transformation to a 28x28 image (Simard 2003)."""
    side = image.shape[0]
    matrix = _random_affine(rng, 7 * amount, 0.12 * amount, 0.08 * amount)
    middle = (side - 1) / 2
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) - middle
    field = grid @ matrix.T + middle + rng.uniform(-1.6, 1.6, 2)
    bend = cv2.resize(rng.normal(0, 1, (5, 5, 2)), (side, side), interpolation=cv2.INTER_CUBIC)
    field = (field + bend * rng.uniform(0, 0.8 * amount)).astype(np.float32)
    return cv2.remap(image, field, None, cv2.INTER_CUBIC)


def thicken(image: Image, rng: Rng) -> Image:
    """Make the stroke of a 28x28 image up to 1.2 px wider or 0.8 px thinner (at four times the size)."""
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    change = int(rng.integers(-3, 6))
    if change:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(change) + 1, abs(change) + 1))
        large = (cv2.dilate if change > 0 else cv2.erode)(large, kernel)
    return cv2.resize(large, image.shape[1::-1], interpolation=cv2.INTER_AREA)


def widen(ink: Image, by: float) -> Image:
    """Widen the stroke by `by` px on each side, as a wider pen does."""
    paper = cv2.threshold(ink, min(127, int(ink.max()) // 2), 255, cv2.THRESH_BINARY_INV)[1]
    distance = cv2.distanceTransform(paper, cv2.DIST_L2, 5)
    return (np.clip(by + 1 - distance, 0, 1) * 255).astype(np.uint8)


def wear(image: Image, rng: Rng) -> Image:
    """Degrade a 28x28 image: shift, fade, blur, grain, a patch missing or added."""
    dx, dy = rng.integers(-1, 2, 2) if rng.random() < 0.5 else (0, 0)
    if dx or dy:
        image = np.roll(image, (dy, dx), axis=(0, 1))  # the outermost pixels are empty
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (3, 3), rng.uniform(0.3, 0.8))
    if rng.random() < 0.2:
        curve = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.35)) * rng.uniform(0.7, 1.15) * 255
        image = cv2.LUT(image, np.clip(curve, 0, 255).astype(np.uint8))
    if rng.random() < 0.05:
        grain = cv2.resize(rng.uniform(0.35, 1.25, (14, 14)), (28, 28), interpolation=cv2.INTER_LINEAR)
        image = np.clip(image * grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.08:
        top, left = rng.integers(2, 23, 2)
        height, width = rng.integers(2, 5, 2)
        image = image.copy()
        image[top : top + height, left : left + width] = 0 if rng.random() < 0.8 else 160
    return image
