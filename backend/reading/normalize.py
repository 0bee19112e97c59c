"""From ink to MNIST's form: the digit in a 20x20 box, its stroke as wide as MNIST's, centered by its mass in 28x28.

The rule of box and center is the one that QMNIST recovered (arXiv 1905.10498, section 2): area resampling to
20x20 with the shape kept, then the integer shift `int(15 - barycenter)`. Stroke width is ours: a pen of a fixed
width on a small drawing would come out far too fat, on a large one far too thin.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

SIDE = 28  # px, MNIST's picture
BOX = 20  # px, the longer side of the digit in it
WORK = 120  # px, the longer side at which ink is cleaned and its stroke measured
THINNEST, THICKEST = 1.5 / BOX, 3.0 / BOX  # stroke width over box; nine in ten MNIST digits lie between
SPECK = 0.04  # share of all ink below which a piece is a speck, not a part of the digit
FAINT = 40  # of 255: what counts as ink when the box is measured; MNIST's own boxes reach to their faintest pixel


class Box(NamedTuple):
    """A rectangle in px; its corner may lie outside of the picture."""

    left: float
    top: float
    width: float
    height: float

    def part(self, shape: tuple[int, ...], left: int, top: int, width: int, height: int) -> Box:
        """The part that a rectangle in px covers, where a picture of `shape` fills this box."""
        across, down = self.width / shape[1], self.height / shape[0]
        return Box(self.left + left * across, self.top + top * down, width * across, height * down)


class Piece(NamedTuple):
    """A picture, and the box of the ink that it shows."""

    ink: Image
    box: Box


def normalize(ink: Image) -> Image:
    """Ink (H, W), 0 paper to 255 full stroke, as MNIST's 28x28 picture, uint8, light on black.

    Some of the ink must be stronger than FAINT; find_ink's always is. The longer side of the digit comes out as 20 px,
    its center of mass within [13.5, 14.5] of both axes (index coordinates, unless it would push ink off the picture).
    """
    return normalize_piece(ink).ink


def normalize_piece(ink: Image) -> Piece:
    """The same, with the box of the ink that the 28x28 picture shows, in px of `ink`."""
    h, w = ink.shape
    cropped = _crop(Piece(ink, Box(0, 0, w, h)))
    work = _fit(cropped, WORK)
    if _is_lost(work.ink):
        work = _fit(_set_stroke_width(cropped), WORK)
    clean = _clean(work)
    if clean is not work:  # specks had stretched the box: the rest is looked at again, as sharp as it was drawn
        clean = _clean(_fit(_crop(_cut(ink, clean.box)), WORK))
    return _center(_fit(_set_stroke_width(clean), BOX))


def _cut(ink: Image, box: Box) -> Piece:
    """The part of the ink in a box, to whole px."""
    top, left = max(0, math.floor(box.top)), max(0, math.floor(box.left))
    part = ink[top : math.ceil(box.top + box.height), left : math.ceil(box.left + box.width)]
    return Piece(part, Box(left, top, part.shape[1], part.shape[0]))


def _crop(piece: Piece) -> Piece:
    """The ink's bounding box."""
    ink, box = piece
    x, y, w, h = cv2.boundingRect(cv2.threshold(ink, FAINT, 255, cv2.THRESH_BINARY)[1])
    return Piece(ink[y : y + h, x : x + w], box.part(ink.shape, x, y, w, h))


def _fit(piece: Piece, longer: int) -> Piece:
    """Resampled so that the longer side is `longer` px and the shape is kept."""
    h, w = piece.ink.shape
    scale = longer / max(h, w)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return Piece(cv2.resize(piece.ink, size, interpolation=how), piece.box)


def _is_lost(ink: Image) -> bool:
    """Whether most of the stroke faded because it is thinner than a pixel."""
    return 2 * 255 * cv2.countNonZero(cv2.threshold(ink, 127, 255, cv2.THRESH_BINARY)[1]) < cv2.sumElems(ink)[0]


def _strong(ink: Image) -> Image:
    """255 where ink is at least half as strong as anywhere, else 0."""
    return cv2.threshold(ink, int(ink.max()) // 2, 255, cv2.THRESH_BINARY)[1]


def _clean(piece: Piece) -> Piece:
    """Without specks; where one had stretched the box, the rest fills it again."""
    ink, box = piece
    some = cv2.threshold(ink, FAINT, 1, cv2.THRESH_BINARY)[1]
    if cv2.connectedComponents(some)[0] == 2:  # paper and one piece, as in most digits: quicker than with areas
        return piece
    _, labels, stats, _ = cv2.connectedComponentsWithStats(some)
    area = stats[1:, cv2.CC_STAT_AREA]
    specks = area < SPECK * area.sum()
    if not 0 < area[specks].sum() < area.sum() / 2:  # drawn with dots, if most of it is specks
        return piece
    speck = np.concatenate([[False], specks])[labels]
    near = cv2.dilate(speck.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    gone = speck | (near & (labels == 0))
    return _fit(_crop(Piece(np.where(gone, 0, ink).astype(np.uint8), box)), WORK)


def stroke_width(ink: Image) -> float:
    """Width of the stroke in px: twice the median distance of the stroke's middle line to its edge."""
    inside = _strong(_pad(ink, 1))
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    ridge = np.sort(distance[(distance > 0) & (distance >= cv2.dilate(distance, None))])
    # As np.median, which takes four times as long.
    return float(ridge[(ridge.size - 1) // 2] + ridge[ridge.size // 2]) - 1 if ridge.size else 1.0


def _pad(ink: Image, margin: int) -> Image:
    return cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT)


def _set_stroke_width(piece: Piece) -> Piece:
    """Thickened or thinned until the stroke's width over the box is one that MNIST has."""
    ink, box = piece
    longer = max(ink.shape)
    width = stroke_width(ink)
    target = min(max(width / longer, THINNEST), THICKEST)
    # Taking g from every edge leaves (width - 2g) / (longer - 2g) = target.
    grow = (target * longer - width) / (2 * (1 - target))
    grow = max(grow, -0.35 * width)  # a blob stays a blob
    if abs(grow) < 0.25:
        return piece
    margin = int(np.ceil(max(grow, 0))) + 1
    padded = _pad(ink, margin)
    if grow > 0:
        away = cv2.distanceTransform(cv2.bitwise_not(_strong(padded)), cv2.DIST_L2, 5)
        level = grow + 1 - away
    else:
        level = cv2.distanceTransform(_strong(padded), cv2.DIST_L2, 5) + grow
    around = box.part(ink.shape, -margin, -margin, *padded.shape[::-1])
    return _crop(Piece((np.clip(level, 0, 1) * 255).astype(np.uint8), around))


def _center(piece: Piece) -> Piece:
    """Pasted into 28x28 at the integer shift that brings the center of mass to the middle."""
    ink, box = piece
    h, w = ink.shape
    moments = cv2.moments(ink)
    mass = moments["m00"] or 1.0
    out = np.zeros((SIDE, SIDE), np.uint8)
    top = min(max(int(SIDE / 2 + 0.5 - moments["m01"] / mass), 0), SIDE - h)
    left = min(max(int(SIDE / 2 + 0.5 - moments["m10"] / mass), 0), SIDE - w)
    out[top : top + h, left : left + w] = ink
    return Piece(out, box.part(ink.shape, -left, -top, SIDE, SIDE))
