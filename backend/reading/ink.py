"""Extracts the ink of an image, whatever the paper, the pen and the light.

Ink is uint8 (H, W), from 0 for paper to 255 for a full stroke. There are two methods. In a flat image (a canvas, a
black-and-white scan) ink is the difference from a single paper color. In a photograph it differs from the paper around
it, see photograph.py.
"""

from __future__ import annotations

import cv2
import numpy as np

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image, median
from backend.reading.photograph import photograph_ink

FAINTEST = 4  # gray levels; a drawing whose ink differs less from the paper is blank
FAINT = 24  # gray levels; ink that differs less may be noise, unless nearly all paper has the same color
MOST_NOISE = 0.3  # fraction of the pixels of a flat image that may differ by less than FLAT_TOLERANCE
MOST_FAINT_NOISE = 0.03  # the same with faint ink
FLAT_TOLERANCE = 3  # gray levels by which a pixel may differ from the paper color and still be flat paper
FLAT_SHARE = 0.25  # least fraction of flat paper in a flat image, even when cropped tightly around a bold digit
HAZE = 0.25  # fraction of the strongest ink; fainter non-paper is antialiasing or haze
MOST_HAZE = 0.1  # most of the image, as a fraction, that antialiasing covers; half as much as the ink is allowed too
SMALL = 100  # px; the light on a smaller image can't be uneven


def find_ink(pixels: Image) -> Image:
    """Extract the ink of an image.

    pixels: uint8, (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA.
    Returns uint8 (H, W), 0 paper to 255 ink; a photograph is downscaled to photograph.SIDE.
    Raises BlankDrawing if nothing stands out from the paper.
    """
    opaque = _on_paper(pixels)
    difference = _from_border_color(opaque)
    peak = int(difference.max())
    if peak < FAINTEST:
        raise BlankDrawing
    if not _is_flat(difference, peak):
        return photograph_ink(opaque)
    return difference if peak >= 250 else cv2.convertScaleAbs(difference, alpha=255 / peak)


def _is_flat(difference: Image, peak: int) -> bool:
    """Whether all paper has the same color: true for a canvas, false for a photograph."""
    if max(difference.shape) < SMALL:
        return True
    inked = _count_above(difference, FLAT_TOLERANCE)
    noise = cv2.countNonZero(difference) - inked
    if noise > (MOST_NOISE if peak >= FAINT else MOST_FAINT_NOISE) * difference.size:
        return False
    if inked <= MOST_HAZE * difference.size:
        return True
    strong = _count_above(difference, int(HAZE * peak))
    haze = inked - strong
    paper = difference.size - inked
    return paper >= FLAT_SHARE * difference.size and haze <= max(MOST_HAZE * difference.size, strong / 2)


def _count_above(difference: Image, level: int) -> int:
    return cv2.countNonZero(cv2.threshold(difference, level, 255, cv2.THRESH_BINARY)[1])


def _on_paper(pixels: Image) -> Image:
    """Blend transparent pixels with white or black paper, whichever gives more contrast."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    alpha = cv2.extractChannel(pixels, 3)
    if alpha.min() == 255:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
    weight = cv2.sumElems(alpha)[0]
    if weight == 0:
        raise BlankDrawing
    over = cv2.multiply(cv2.cvtColor(pixels, cv2.COLOR_BGRA2GRAY), alpha, scale=1 / 255)
    dark_ink = cv2.sumElems(over)[0] * 255 < 128 * weight
    return cv2.add(over, cv2.bitwise_not(alpha)) if dark_ink else over


def _from_border_color(pixels: Image) -> Image:
    """Difference of each pixel from the paper color, the median of the image's border: uint8 (H, W)."""
    paper = median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]))
    if pixels.ndim == 2:
        return cv2.bitwise_not(pixels) if paper == 255 else cv2.absdiff(pixels, np.full_like(pixels, paper))
    channels = cv2.split(cv2.absdiff(pixels, (float(paper[0]), float(paper[1]), float(paper[2]), 0.0)))
    return cv2.max(cv2.max(channels[0], channels[1]), channels[2])
