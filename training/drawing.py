"""Draws strokes with a pen on a canvas, as the page does."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.image import Image

Points = npt.NDArray[np.float64]  # (n, 2), x to the right, y down
Strokes = list[Points]

CANVAS = 280  # px, the side of the page's canvas
PENS = (6.0, 36.0)  # px, the range of pen widths
SIZES = (70.0, 260.0)  # px, the range of the longer side of drawings
SUBPIXEL = 4  # fractional bits of OpenCV's fixed-point coordinates


def extent(strokes: Strokes) -> tuple[Points, Points]:
    """Upper left and lower right corner of the bounding box of all points."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def fit(strokes: Strokes, longer: float) -> Strokes:
    """Move the strokes to the origin and scale them so that the longer side is `longer`."""
    low, high = extent(strokes)
    scale = longer / max(float((high - low).max()), 1e-6)
    return [(stroke - low) * scale for stroke in strokes]


def draw(strokes: Strokes, pen: float, shape: tuple[int, int] = (CANVAS, CANVAS)) -> Image:
    """Draw strokes in canvas coordinates with a round pen, antialiased: ink of `shape`, 0 paper to 255 ink."""
    ink = np.zeros(shape, np.uint8)
    width = max(1, round(pen))
    for stroke in strokes:
        points = np.round(stroke * (1 << SUBPIXEL)).astype(np.int32)
        if len(points) == 1:
            radius = round(pen / 2 * (1 << SUBPIXEL))
            cv2.circle(ink, points[0].tolist(), radius, 255, cv2.FILLED, cv2.LINE_AA, SUBPIXEL)
        else:
            cv2.polylines(ink, [points], False, 255, width, cv2.LINE_AA, SUBPIXEL)
    return ink


def place(strokes: Strokes, rng: np.random.Generator, longer: float, pen: float) -> Strokes:
    """Scale the strokes to `longer` and move them to a random place on the canvas, entirely on it if they fit."""
    fitted = fit(strokes, longer)
    size = extent(fitted)[1]
    room = np.maximum(CANVAS - size - pen, 0)
    corner = pen / 2 + rng.random(2) * room
    return [stroke + corner for stroke in fitted]


def draw_at_random(strokes: Strokes, rng: np.random.Generator, pens: tuple[float, float] = PENS) -> Image:
    """Draw the strokes at a random place, with a random size and pen width (log-uniform)."""
    pen = float(np.exp(rng.uniform(*np.log(pens))))
    longer = rng.uniform(SIZES[0], min(SIZES[1], CANVAS - pen))
    return draw(place(strokes, rng, longer, pen), pen)
