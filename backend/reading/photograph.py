"""Extracts the ink of a photograph: of a pen, a pencil or a marker on paper that may be unevenly lit, ruled or squared.

Ink is darker (or lighter) than the paper on both sides of a stroke, which the edge of a shadow is not. So the paper is
estimated by morphological closing, which removes dark structures that are narrower than twice its reach and keeps
everything else, and what does not contrast with all of its surroundings is removed. The smallest reach at which the
strokes are found is used, because structures wider than that, such as a finger or a valley between two shadows, remain.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image, shrink

SIDE = 400  # px, the longer side to which photographs are downscaled
REACHES = (8, 16, 36)  # px; strokes narrower than twice a reach are found
LIT = 220.0  # gray levels of lit paper, to which contrasts are scaled
DARK = 20.0  # gray levels added to the paper's, so that the noise of dark photographs is not amplified
LEAST_SHARE, LEAST_OF_MOST = 0.4, 0.15  # of the ink at other reaches and polarities that the chosen one has to find
LIGHT_INK = 0.7  # how much less light ink counts than dark ink, since the loops of dark digits look like it
NOISE_FACTOR = 6.0  # standard deviations of the noise by which ink differs from the paper
FAINTEST = 3.0  # gray levels, the same without noise
STRONG = 0.45  # fraction of the typical contrast from which a pixel belongs to a stroke
AROUND, LEAST_AROUND = 0.55, 0.8  # fraction of its contrast that a stroke has to that fraction of the pixels around it
SPECK = 20  # px
LEAST_AMOUNT = 8000.0  # of ink, px times gray levels; small faint digits have more
LEAST_TYPICAL = 5.0  # gray levels by which strokes contrast with the paper
SMALLEST = 0.08  # fraction of the longer side; a drawing is larger
LINE_LEVEL = 0.2  # fraction of the typical contrast from which a pixel belongs to a ruled line
LINE_PIECE, LINE_GAP, LINE_WIDTH = 41, 15, 6  # px: shortest piece of a ruled line, longest gap, largest width

Floats = NDArray[np.float32]


class Candidate(NamedTuple):
    """The ink that is found with one reach, and with dark or light strokes."""

    contrast: Floats  # with the paper, positive for ink
    written: Image  # (H, W), 1: belongs to a stroke
    amount: float  # of ink


def photograph_ink(pixels: Image) -> Image:
    """Extract the ink of a photograph, (H, W) gray or (H, W, 3) BGR, downscaled to SIDE.

    Raises BlankDrawing if nothing is written.
    """
    pixels = shrink(pixels, SIDE)
    blurred = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 1.0).reshape(*pixels.shape[:2], -1)
    found = {(reach, dark): _candidate(blurred, reach, dark) for reach in REACHES for dark in (True, False)}
    chosen = _choose(found)
    if chosen.amount < LEAST_AMOUNT:
        raise BlankDrawing
    typical = float(np.percentile(chosen.contrast[chosen.written > 0], 75))
    if typical < LEAST_TYPICAL:
        raise BlankDrawing
    written = _largest_writing(chosen.written)
    edge = cv2.dilate(written, np.ones((3, 3), np.uint8))
    return cv2.convertScaleAbs(np.maximum(chosen.contrast, 0), alpha=255 / typical) * edge


def _choose(found: dict[tuple[int, bool], Candidate]) -> Candidate:
    """The candidate with the smallest reach that finds enough, or with the next larger one if that finds more."""
    most = max(found.values(), key=lambda each: each.amount)
    for (reach, dark), each in found.items():
        of_its_kind = max(found[other, dark].amount for other in REACHES)
        rival = found[reach, not dark].amount
        if (
            each.amount >= LEAST_OF_MOST * most.amount
            and each.amount >= LEAST_SHARE * of_its_kind
            and (each.amount >= rival * LIGHT_INK if dark else each.amount * LIGHT_INK > rival)
        ):
            wider = found[min((other for other in REACHES if other > reach), default=reach), dark]
            return max(each, wider, key=lambda candidate: candidate.amount)
    return most


def _candidate(pixels: Floats, reach: int, dark: bool) -> Candidate:
    """pixels: (H, W, channels). dark: whether the ink is darker than the paper."""
    contrast, weights = _contrast(pixels, reach, dark)
    noise = _spread(contrast)
    faintest = max(NOISE_FACTOR * noise, FAINTEST)
    possible = (contrast > faintest).astype(np.uint8)
    if not possible.any():
        return Candidate(contrast, possible, 0.0)
    visible = max(faintest / 2, LINE_LEVEL * float(np.percentile(contrast[possible > 0], 75)))
    strong = _without_fingers(possible & _without_ruled_lines((contrast > visible).astype(np.uint8)))
    if not strong.any():
        return Candidate(contrast, strong, 0.0)
    typical = float(np.percentile(contrast[strong > 0], 75))
    written = strong & (contrast > STRONG * typical)
    level = pixels @ weights
    written = _islands(written, level if dark else -level, AROUND * typical * (level + DARK) / LIT, possible - strong)
    return Candidate(contrast, written, float(contrast[written > 0].sum()))


def _contrast(pixels: Floats, reach: int, dark: bool) -> tuple[Floats, Floats]:
    """The contrast with the paper, as if all of it were lit equally, and the weight of each channel in it.

    Channels are weighted by their signal-to-noise ratio: a yellow marker is visible in blue only.
    """
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    contrasts, weights = [], []
    for channel in cv2.split(pixels):
        padded = cv2.copyMakeBorder(channel, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
        paper = cv2.morphologyEx(padded, cv2.MORPH_CLOSE if dark else cv2.MORPH_OPEN, kernel)
        paper = paper[reach:-reach, reach:-reach]
        contrast = cv2.absdiff(paper, channel) * (LIT / (np.maximum(paper, channel) + DARK))
        contrast -= float(np.median(contrast[::3, ::3]))
        contrasts.append(contrast)
        weights.append(max(float(np.percentile(contrast[::3, ::3], 99)), 0.01) / _spread(contrast) ** 2)
    shares = (np.array(weights) / sum(weights)).astype(np.float32)
    return np.dstack(contrasts) @ shares, shares


def _spread(contrast: Floats) -> float:
    """The standard deviation of the noise, estimated robustly."""
    sample = contrast[::3, ::3]
    return max(1.4826 * float(np.median(np.abs(sample - np.median(sample)))), 0.15)


def _islands(written: Image, level: Floats, least: Floats, others: Image) -> Image:
    """Keep the components that stand out from all of their surroundings, 3 to 5 px away from them.

    level: rises from ink to paper. least: by how much it has to. others: what is not paper, such as ruled lines.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    weight = cv2.boxFilter(written.astype(np.float32), -1, (15, 15))
    inside = cv2.boxFilter(level * written, -1, (15, 15)) / np.maximum(weight, 1e-6)
    nearest = cv2.dilate(labels.astype(np.float32), np.ones((11, 11), np.uint8)).astype(np.int32)
    taken = cv2.dilate(written, np.ones((5, 5), np.uint8)) | cv2.dilate(others, np.ones((5, 5), np.uint8))
    ring = (nearest > 0) & (taken == 0)
    around = np.bincount(nearest[ring], minlength=count)
    clear = np.bincount(nearest[ring & (level - inside > least)], minlength=count)
    kept = (clear >= LEAST_AROUND * np.maximum(around, 1)) & (stats[:, cv2.CC_STAT_AREA] >= SPECK)
    kept[0] = False
    if not (kept & _is_large(stats, written.shape)).any():
        return np.zeros_like(written)
    return kept[labels].astype(np.uint8)


def _is_large(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components are as large as a drawing."""
    return stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= SMALLEST * max(shape)


def _without_fingers(written: Image) -> Image:
    """Remove what comes in over the edge and is half as wide again as any stroke elsewhere."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    left, top, width, height = stats[:, :4].T
    at_edge = (left <= 1) | (top <= 1) | (left + width >= written.shape[1] - 1) | (top + height >= written.shape[0] - 1)
    large = _is_large(stats, written.shape)
    large[0] = False
    if not (at_edge & large).any() or not (~at_edge & large).any():
        return written
    distance = cv2.distanceTransform(written, cv2.DIST_L2, 3)
    widths = {k: float(distance[labels == k].max()) for k in np.flatnonzero(large).tolist()}
    widest = max(widths[k] for k in widths if not at_edge[k])
    fingers = [k for k in widths if at_edge[k] and widths[k] > 1.5 * widest]
    return np.where(np.isin(labels, fingers), 0, written).astype(np.uint8)


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
