"""From pixels to ink: what in a picture was written, whatever the paper, the pen and the light.

Ink is uint8 (H, W), 0 for paper to 255 for a full stroke. Two ways lead to it:
a flat picture (a canvas, a scan of pure black and white) is measured against one paper color;
a photograph has its paper estimated place by place, and its ruled lines and specks removed.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.errors import BlankDrawing

Image = npt.NDArray[np.uint8]

FAINTEST = 24  # levels between paper and ink below which there is nothing to read
FLAT_TOLERANCE = 3  # levels that paper may differ from its color and still be flat
FLAT_SHARE = 0.25  # share of the picture that is such paper, however tight it is cut around a bold digit
HAZE = 0.25  # of the strongest ink: what is fainter, yet no flat paper, is the soft edge of a stroke, or haze
MOST_HAZE = 0.1  # share of the picture, or half of the ink, that soft edges can be
PHOTO_SIDE = 400  # px, the longer side at which photographs are worked on
PAPER_SIDE = 100  # px, the longer side at which the paper's light is estimated
PAPER_WINDOW = 61  # px of these, more than twice as wide as any stroke
NOISE_FACTOR = 5.0  # ink stands this many noise deviations above the paper
STRONG = 0.45  # of the middle ink: what belongs to the stroke
LINE_PIECE, LINE_GAP, LINE_WIDTH = 41, 15, 6  # px, pieces of a ruled line, the gaps between them, its width at most


def find_ink(pixels: Image) -> Image:
    """The ink of a picture.

    pixels: uint8, (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA.
    Returns uint8 (H, W), 0 paper to 255 ink (a photograph comes back at PHOTO_SIDE or smaller).
    Raises BlankDrawing where nothing stands out from the paper.
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
    """Whether the picture is of one paper color but for its ink: true of a canvas, not of a photograph."""
    if max(difference.shape) < PAPER_SIDE:
        return True  # too small for light to vary over it
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
    """Transparent pixels laid on the paper, black or white, on which the ink shows best."""
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
    """How far each pixel is from the paper, the middle color of the picture's border: uint8 (H, W)."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    low, high = (len(border) - 1) // 2, len(border) // 2
    border.partition((low, high), axis=0)  # as np.median, which takes four times as long
    paper = np.add(border[low], border[high], dtype=np.float64) / 2
    if pixels.ndim == 2:
        return cv2.bitwise_not(pixels) if paper == 255 else cv2.absdiff(pixels, np.full_like(pixels, paper))
    channels = cv2.split(cv2.absdiff(pixels, (float(paper[0]), float(paper[1]), float(paper[2]), 0.0)))
    return cv2.max(cv2.max(channels[0], channels[1]), channels[2])


def _photograph_ink(pixels: Image) -> Image:
    """Ink on paper under uneven light: the difference from the paper around, lines and specks removed."""
    pixels = _shrink(pixels, PHOTO_SIDE)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    pixels = cv2.GaussianBlur(pixels, (0, 0), 1.0).reshape(pixels.shape)
    small = _shrink(pixels, PAPER_SIDE)
    paper = cv2.resize(cv2.medianBlur(small, PAPER_WINDOW), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    paper = paper.reshape(pixels.shape)
    darker = cv2.subtract(paper, pixels).reshape(pixels.shape).max(axis=2)
    lighter = cv2.subtract(pixels, paper).reshape(pixels.shape).max(axis=2)
    difference = max(darker, lighter, key=lambda d: float(np.percentile(d, 99)))
    noise = 1.4826 * float(np.median(difference))
    written = (difference > max(NOISE_FACTOR * noise, FAINTEST / 2)).astype(np.uint8)
    written = _without_ruled_lines(written)
    if not written.any():
        raise _blank()
    middle = float(np.percentile(difference[written > 0], 75))
    written = _largest_writing(written & (difference > STRONG * middle))
    edge = cv2.dilate(written, np.ones((3, 3), np.uint8))
    return cv2.convertScaleAbs(difference, alpha=255 / middle) * edge


def _shrink(pixels: Image, longer: int) -> Image:
    """Resampled so that the longer side is `longer` px, where it is more."""
    h, w = pixels.shape[:2]
    scale = longer / max(h, w)
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, (max(1, round(w * scale)), max(1, round(h * scale))), interpolation=cv2.INTER_AREA)


def _without_ruled_lines(written: Image) -> Image:
    """Thin lines from one side of the picture to the other are the paper's own; ink that crosses them stays."""
    for turned in (False, True):
        page = written.T.copy() if turned else written
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
        written = page.T.copy() if turned else page
    return written


def _largest_writing(written: Image) -> Image:
    """The largest piece of writing, with the pieces that are nearly as large."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    if count <= 2:
        return written
    area = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(labels, 1 + np.flatnonzero(area >= 0.06 * area.max())).astype(np.uint8)
