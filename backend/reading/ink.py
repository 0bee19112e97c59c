"""Extracts the ink of an image, whatever the paper, the pen and the light.

Ink is uint8 (H, W), from 0 for paper to 255 for a full stroke. There are two methods. In a flat image (a canvas, a
black-and-white scan) ink is the difference from a single paper color. In a photograph the paper's color is estimated
locally, and ruled lines and specks are removed.
"""

from __future__ import annotations

import cv2
import numpy as np

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image, median, shrink

FAINTEST = 24  # gray levels; a drawing whose ink differs less from the paper is blank
FLAT_TOLERANCE = 3  # gray levels by which a pixel may differ from the paper color and still be flat paper
FLAT_SHARE = 0.25  # least fraction of flat paper in a flat image, even when cropped tightly around a bold digit
HAZE = 0.25  # fraction of the strongest ink; fainter non-paper is antialiasing or haze
MOST_HAZE = 0.1  # most of the image, as a fraction, that antialiasing covers; half as much as the ink is allowed too
PHOTO_SIDE = 400  # px, the longer side to which photographs are downscaled
PAPER_SIDE = 100  # px, the longer side at which the paper's color is estimated
PAPER_WINDOW = 61  # px of these, more than twice the width of any stroke
NOISE_FACTOR = 5.0  # standard deviations of the noise by which ink differs from the paper
STRONG = 0.45  # fraction of the typical ink from which a pixel belongs to a stroke
LINE_PIECE, LINE_GAP, LINE_WIDTH = 41, 15, 6  # px: shortest piece of a ruled line, longest gap, largest width


def find_ink(pixels: Image) -> Image:
    """Extract the ink of an image.

    pixels: uint8, (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA.
    Returns uint8 (H, W), 0 paper to 255 ink; a photograph is downscaled to PHOTO_SIDE.
    Raises BlankDrawing if nothing stands out from the paper.
    """
    opaque = _on_paper(pixels)
    difference = _from_border_color(opaque)
    peak = int(difference.max())
    if peak < FAINTEST:
        raise _blank()
    if not _is_flat(difference, peak):
        return _photograph_ink(opaque)
    return difference if peak >= 250 else cv2.convertScaleAbs(difference, alpha=255 / peak)


def _is_flat(difference: Image, peak: int) -> bool:
    """Whether all paper has the same color: true for a canvas, false for a photograph."""
    if max(difference.shape) < PAPER_SIDE:
        return True  # too small for uneven light
    inked = _count_above(difference, FLAT_TOLERANCE)
    if inked <= MOST_HAZE * difference.size:
        return True
    strong = _count_above(difference, int(HAZE * peak))
    haze = inked - strong
    paper = difference.size - inked
    return paper >= FLAT_SHARE * difference.size and haze <= max(MOST_HAZE * difference.size, strong / 2)


def _count_above(difference: Image, level: int) -> int:
    return cv2.countNonZero(cv2.threshold(difference, level, 255, cv2.THRESH_BINARY)[1])


def _blank() -> BlankDrawing:
    return BlankDrawing("There is nothing to read: the drawing is blank. Draw a digit and try again.")


def _on_paper(pixels: Image) -> Image:
    """Blend transparent pixels with white or black paper, whichever gives more contrast."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    alpha = cv2.extractChannel(pixels, 3)
    if alpha.min() == 255:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
    weight = cv2.sumElems(alpha)[0]
    if weight == 0:
        raise _blank()
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


def _photograph_ink(pixels: Image) -> Image:
    """Ink in a photograph: the difference from the surrounding paper, without ruled lines and specks."""
    pixels = shrink(pixels, PHOTO_SIDE)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    pixels = cv2.GaussianBlur(pixels, (0, 0), 1.0).reshape(pixels.shape)
    small = shrink(pixels, PAPER_SIDE)
    paper = cv2.resize(cv2.medianBlur(small, PAPER_WINDOW), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    paper = paper.reshape(pixels.shape)
    darker = cv2.subtract(paper, pixels).reshape(pixels.shape).max(axis=2)
    lighter = cv2.subtract(pixels, paper).reshape(pixels.shape).max(axis=2)
    difference = max(darker, lighter, key=lambda d: float(np.percentile(d, 99)))
    noise = 1.4826 * float(np.median(difference))  # the standard deviation, estimated robustly
    written = (difference > max(NOISE_FACTOR * noise, FAINTEST / 2)).astype(np.uint8)
    written = _without_ruled_lines(written)
    if not written.any():
        raise _blank()
    typical = float(np.percentile(difference[written > 0], 75))
    written = _largest_writing(written & (difference > STRONG * typical))
    edge = cv2.dilate(written, np.ones((3, 3), np.uint8))
    return cv2.convertScaleAbs(difference, alpha=255 / typical) * edge


def _without_ruled_lines(written: Image) -> Image:
    """Remove thin lines that run across the whole image, but keep the ink that crosses them."""
    for vertical in (False, True):
        page = written.T.copy() if vertical else written
        thick = cv2.morphologyEx(page, cv2.MORPH_OPEN, np.ones((LINE_WIDTH + 1, 1), np.uint8))
        thin = cv2.morphologyEx(cv2.subtract(page, thick), cv2.MORPH_CLOSE, np.ones((1, LINE_GAP), np.uint8))
        pieces = cv2.morphologyEx(
            cv2.dilate(thin, np.ones((3, 1), np.uint8)), cv2.MORPH_OPEN, np.ones((1, LINE_PIECE), np.uint8)
        )
        joined = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((3, 2 * LINE_PIECE), np.uint8))
        joined = cv2.bitwise_or(joined, thick)  # a line may run through a stroke
        _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        across = np.flatnonzero(stats[:, cv2.CC_STAT_WIDTH] > 0.8 * page.shape[1])
        lines = np.isin(labels, across[across > 0]) & (pieces > 0)
        rest = np.where(lines, 0, page).astype(np.uint8)
        crossing = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((LINE_WIDTH + 3, 1), np.uint8))
        page = cv2.bitwise_or(rest, cv2.bitwise_and(crossing, page))
        written = page.T.copy() if vertical else page
    return written


def _largest_writing(written: Image) -> Image:
    """Keep the largest connected component, and those of at least 6 % of its area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    if count <= 2:
        return written
    area = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(labels, 1 + np.flatnonzero(area >= 0.06 * area.max())).astype(np.uint8)
