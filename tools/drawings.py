"""Drawings for tests: digits drawn with a round pen, as images, files and data URLs."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.reading.image import Image

# Points in a box of 100 by 100, one list per stroke.
STROKES = {
    0: [[(50, 0), (25, 12), (15, 50), (25, 88), (50, 100), (75, 88), (85, 50), (75, 12), (50, 0)]],
    1: [[(50, 0), (50, 100)]],
    2: [[(15, 25), (25, 6), (50, 0), (75, 8), (82, 30), (65, 55), (15, 100), (90, 100)]],
    3: [[(15, 8), (50, 0), (78, 14), (72, 38), (45, 48), (78, 60), (84, 82), (55, 100), (12, 92)]],
    4: [[(65, 100), (65, 0), (10, 68), (90, 68)]],
    5: [[(80, 0), (25, 0), (20, 42), (55, 38), (80, 55), (80, 82), (52, 100), (15, 92)]],
    6: [[(72, 0), (38, 25), (20, 60), (28, 90), (55, 100), (78, 85), (76, 62), (52, 52), (26, 66)]],
    7: [[(12, 0), (88, 0), (40, 100)]],
    8: [
        [(50, 48), (25, 32), (28, 8), (50, 0), (72, 8), (75, 32), (50, 48)],
        [(50, 48), (22, 68), (25, 92), (50, 100), (75, 92), (78, 68), (50, 48)],
    ],
    9: [[(78, 30), (60, 48), (30, 44), (22, 20), (45, 0), (72, 8), (78, 30), (74, 65), (62, 100)]],
}


def draw(digit: int, size: int = 280, side: int = 180, left: int = 50, top: int = 50, pen: int = 18) -> Image:
    """A black digit on white, uint8 (size, size); its strokes fill a box of `side` px at (left, top)."""
    picture = np.full((size, size), 255, np.uint8)
    for stroke in STROKES[digit]:
        points = np.array(stroke, np.float64) * side / 100 + (left, top)
        cv2.polylines(picture, [np.round(points * 16).astype(np.int32)], False, 0, pen, cv2.LINE_AA, 4)
    return picture


def number_strokes(text: str, step: float = 100, side: float = 100) -> list[NDArray[np.float64]]:
    """The strokes of a number on a canvas 280 px high: digits `side` px high that begin every `step` px."""
    return [
        np.array(stroke, np.float64) * (0.8 * side / 100, side / 100) + (30 + step * k, 90)
        for k, digit in enumerate(text)
        for stroke in STROKES[int(digit)]
    ]


def draw_strokes(strokes: Sequence[NDArray[np.float64]], width: int = 280, pen: int = 10) -> Image:
    """Black strokes on white, uint8 (280, width)."""
    picture = np.full((280, width), 255, np.uint8)
    for stroke in strokes:
        points = np.round(np.concatenate([stroke, stroke[-1:]]) * 16).astype(np.int32)
        cv2.polylines(picture, [points], False, 0, pen, cv2.LINE_AA, 4)
    return picture


def as_file(picture: NDArray[np.uint8] | NDArray[np.uint16], suffix: str = ".png") -> bytes:
    done, data = cv2.imencode(suffix, picture)
    assert done
    return bytes(data.tobytes())


def as_data_url(file: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(file).decode()}"


SEVEN = as_file(draw(7))
SEVEN_URL = as_data_url(SEVEN)
