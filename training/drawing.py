"""Strokes drawn with a pen on a canvas, as the page draws them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (n, 2), x to the right, y down
Strokes = list[Points]
Image = npt.NDArray[np.uint8]

CANVAS = 280  # px, the page's canvas
PENS = (6.0, 36.0)  # px, the widths that people's pens have on it
SIZES = (70.0, 260.0)  # px, the longer side of what they draw
SUBPIXEL = 4  # bits of a pixel in OpenCV's fixed-point coordinates


def extent(strokes: Strokes) -> tuple[Points, Points]:
    """Upper left and lower right corner of the strokes' middle lines."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def fit(strokes: Strokes, longer: float) -> Strokes:
    """Moved to the origin and scaled so that the longer side is `longer`."""
    low, high = extent(strokes)
    scale = longer / max(float((high - low).max()), 1e-6)
    return [(stroke - low) * scale for stroke in strokes]


def draw(strokes: Strokes, pen: float, side: int = CANVAS) -> Image:
    """Ink (side, side), 0 paper to 255 ink, of strokes in canvas coordinates: round pen, smooth edges."""
    ink = np.zeros((side, side), np.uint8)
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
    """Somewhere on the canvas, wholly on it where it fits."""
    fitted = fit(strokes, longer)
    size = extent(fitted)[1]
    room = np.maximum(CANVAS - size - pen, 0)
    corner = pen / 2 + rng.random(2) * room
    return [stroke + corner for stroke in fitted]


def draw_at_random(strokes: Strokes, rng: np.random.Generator, pens: tuple[float, float] = PENS) -> Image:
    """As people draw: any place, any size of SIZES, any pen of PENS (log-uniform)."""
    pen = float(np.exp(rng.uniform(*np.log(pens))))
    longer = rng.uniform(SIZES[0], min(SIZES[1], CANVAS - pen))
    return draw(place(strokes, rng, longer, pen), pen)
