"""From pixels to ink: what in a picture was written, whatever the paper, the pen and the light.

Ink is uint8 (H, W), 0 for paper to 255 for a full stroke. Two ways lead to it:
a flat picture (a canvas, a scan of pure black and white) is measured against one paper color;
a photograph has its paper estimated place by place, and its ruled lines and specks removed.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from backend.errors import Problem

Image = npt.NDArray[np.uint8]

FLAT_TOLERANCE = 6  # levels that paper may differ from its color and still be flat
FLAT_SHARE = 0.4  # share of such pixels that makes a picture flat: a bold digit cut tight has this much paper
FAINTEST = 24  # levels between paper and ink below which there is nothing to read
PHOTO_SIDE = 400  # px, the longer side at which photographs are worked on
PAPER_SIDE = 100  # px, the longer side at which the paper's light is estimated
PAPER_WINDOW = 31  # px of these, wider than any stroke
NOISE_FACTOR = 6.0  # ink stands this many noise deviations above the paper


def find_ink(pixels: Image) -> Image:
    """The ink of a picture.

    pixels: uint8, (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA.
    Returns uint8 (H, W), 0 paper to 255 ink (a photograph comes back at PHOTO_SIDE or smaller).
    Raises Problem 422 `blank_drawing` where nothing stands out from the paper.
    """
    opaque = _on_paper(pixels)
    difference = _from_border_color(opaque)
    flat = np.count_nonzero(difference <= FLAT_TOLERANCE) >= FLAT_SHARE * difference.size
    if flat:
        peak = int(difference.max())
        if peak < FAINTEST:
            raise _blank()
        if peak < 250:
            difference = cv2.convertScaleAbs(difference, alpha=255 / peak)
        return difference
    return _photograph_ink(opaque)


def _blank() -> Problem:
    return Problem(422, "blank_drawing", "There is nothing to read: the drawing is blank. Draw a digit and try again.")


def _on_paper(pixels: Image) -> Image:
    """Transparent pixels laid on the paper, black or white, on which the ink shows best."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    alpha = pixels[:, :, 3]
    if alpha.min() == 255:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
    weight = int(alpha.sum(dtype=np.int64))
    if weight == 0:
        raise _blank()
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGRA2GRAY)
    dark_ink = int(cv2.multiply(gray, alpha, scale=1 / 255).sum(dtype=np.int64)) * 255 < 128 * weight
    over = cv2.multiply(gray, alpha, scale=1 / 255)
    return cv2.add(over, cv2.bitwise_not(alpha)) if dark_ink else over


def _from_border_color(pixels: Image) -> Image:
    """How far each pixel is from the paper, the middle color of the picture's border: uint8 (H, W)."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if pixels.ndim == 2:
        return cv2.absdiff(pixels, np.full((1, 1), np.median(border), np.uint8)[0, 0].item())
    paper = np.median(border, axis=0)
    channels = cv2.split(cv2.absdiff(pixels, (float(paper[0]), float(paper[1]), float(paper[2]), 0.0)))
    return cv2.max(cv2.max(channels[0], channels[1]), channels[2])


def _photograph_ink(pixels: Image) -> Image:
    """Ink on paper under uneven light: the difference from the paper around, lines and specks removed."""
    scale = PHOTO_SIDE / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    pixels = cv2.GaussianBlur(pixels, (0, 0), 1.0).reshape(pixels.shape)
    small_scale = min(1.0, PAPER_SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=small_scale, fy=small_scale, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(small, PAPER_WINDOW), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    paper = paper.reshape(pixels.shape)
    darker = cv2.subtract(paper, pixels).reshape(pixels.shape).max(axis=2)
    lighter = cv2.subtract(pixels, paper).reshape(pixels.shape).max(axis=2)
    difference = max(darker, lighter, key=lambda d: float(np.percentile(d, 99)))
    noise = 1.4826 * float(np.median(np.abs(difference.astype(np.float32) - np.median(difference))))
    peak = float(np.percentile(difference[difference >= np.percentile(difference, 98)], 50))
    threshold = max(0.4 * peak, NOISE_FACTOR * noise, FAINTEST / 2)
    written = (difference >= threshold).astype(np.uint8)
    written = _without_ruled_lines(written)
    written = _largest_writing(written)
    if not written.any():
        raise _blank()
    edge = cv2.dilate(written, np.ones((3, 3), np.uint8))
    strength = cv2.convertScaleAbs(difference, alpha=255 / max(float(np.median(difference[written > 0])), 1.0))
    return strength * edge


def _without_ruled_lines(written: Image) -> Image:
    """Thin runs along most of a row or column are the paper's own; ink that crosses them stays."""
    for axis in (0, 1):
        length = max(written.shape[1 - axis] // 3, 15)
        along = (1, length) if axis == 0 else (length, 1)
        across = (7, 1) if axis == 0 else (1, 7)
        lines = cv2.morphologyEx(written, cv2.MORPH_OPEN, np.ones(along, np.uint8))
        if not lines.any():
            continue
        lines = cv2.dilate(lines, np.ones((3, 3), np.uint8))
        rest = cv2.subtract(written, lines)
        bridged = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones(across, np.uint8))
        written = cv2.bitwise_or(rest, cv2.bitwise_and(bridged, written))
    return written


def _largest_writing(written: Image) -> Image:
    """The largest piece of writing, with the pieces that are near it or nearly as large."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    if count <= 2:
        return written
    area = stats[1:, cv2.CC_STAT_AREA]
    keep = 1 + np.flatnonzero(area >= 0.04 * area.max())
    return np.isin(labels, keep).astype(np.uint8)
