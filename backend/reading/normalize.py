"""Normalizes ink to MNIST's form: the digit in a 20x20 box, its stroke as wide as MNIST's, its center of mass centered.

Box and center follow the rule that QMNIST recovered (arXiv 1905.10498, section 2): area resampling to 20x20 with the
aspect ratio kept, then an integer shift of `int(15 - barycenter)` within 28x28. Normalizing the stroke width is our
addition: a pen of fixed width would come out far too thick in a small drawing, and far too thin in a large one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from backend.reading.image import Image, median

SIDE = 28  # px, the side of MNIST's images
BOX = 20  # px, the longer side of the digit in it
WORK = 120  # px, the longer side at which specks are removed and the stroke width is measured
THINNEST, THICKEST = 1.5 / BOX, 3.0 / BOX  # stroke width relative to the box; 90 % of MNIST's digits are between
SPECK = 0.04  # fraction of all ink; a smaller component is a speck, not a part of the digit
FAINT = 40  # of 255: stronger ink counts for the bounding box; MNIST's own boxes include their faintest pixels


class Box(NamedTuple):
    """A rectangle in px; it may extend beyond the image."""

    left: float
    top: float
    width: float
    height: float

    def part(self, shape: tuple[int, ...], left: float, top: float, width: float, height: float) -> Box:
        """The part of this box that shows a rectangle of an image, when an image of `shape` fills the box."""
        scale_x, scale_y = self.width / shape[1], self.height / shape[0]
        return Box(self.left + left * scale_x, self.top + top * scale_y, width * scale_x, height * scale_y)


class Piece(NamedTuple):
    """An image of ink, and the part of the original ink that it shows."""

    ink: Image
    box: Box  # in px of the original


def normalize(ink: Image) -> Image:
    """Normalize ink, (H, W) from 0 paper to 255 full stroke, to a 28x28 image in MNIST's form, uint8, light on black.

    Some of the ink must be stronger than FAINT, as find_ink's always is. The longer side of the digit becomes 20 px,
    and its center of mass is within [13.5, 14.5] on both axes (index coordinates), unless that would move ink beyond
    the edge.
    """
    return normalize_piece(ink).ink


def normalize_piece(ink: Image) -> Piece:
    """The same, with the box that the 28x28 image covers, in px of `ink`."""
    return to_mnist_form(cut_out(ink))


def to_mnist_form(digit: Piece) -> Piece:
    """Bring what `cut_out` returned to MNIST's form."""
    return _center(_fit(_set_stroke_width(digit), BOX))


def cut_out(ink: Image) -> Piece:
    """Cut the digit out of ink (H, W): without specks, and its longer side is WORK px."""
    h, w = ink.shape
    cropped = _crop(Piece(ink, Box(0, 0, w, h)))
    work = _fit(cropped, WORK)
    if _is_lost(work.ink):
        work = _fit(_set_stroke_width(cropped), WORK)
    clean = _clean(work)
    if clean is not work:  # specks enlarged the bounding box: start again from the full resolution without them
        clean = _clean(_fit(_crop(_cut(ink, clean.box)), WORK))
    return clean


def _cut(ink: Image, box: Box) -> Piece:
    """The part of the ink within a box, rounded outward to whole px."""
    top, left = max(0, math.floor(box.top)), max(0, math.floor(box.left))
    part = ink[top : math.ceil(box.top + box.height), left : math.ceil(box.left + box.width)]
    return Piece(part, Box(left, top, part.shape[1], part.shape[0]))


def _crop(piece: Piece) -> Piece:
    """Crop to the bounding box of the ink."""
    ink, box = piece
    x, y, w, h = bounding_box(ink)
    return Piece(ink[y : y + h, x : x + w], box.part(ink.shape, x, y, w, h))


def bounding_box(ink: Image) -> tuple[int, int, int, int]:
    """Left, top, width and height, in px, of what is stronger than FAINT."""
    left, top, width, height = cv2.boundingRect(cv2.threshold(ink, FAINT, 255, cv2.THRESH_BINARY)[1])
    return left, top, width, height


def _fit(piece: Piece, longer: int) -> Piece:
    """Resample so that the longer side is `longer` px, keeping the aspect ratio."""
    h, w = piece.ink.shape
    scale = longer / max(h, w)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return Piece(cv2.resize(piece.ink, size, interpolation=interpolation), piece.box)


def _is_lost(ink: Image) -> bool:
    """Whether more than half of the ink is faint, because the stroke is thinner than a pixel."""
    return 2 * 255 * cv2.countNonZero(cv2.threshold(ink, 127, 255, cv2.THRESH_BINARY)[1]) < cv2.sumElems(ink)[0]


def _strong(ink: Image) -> Image:
    """255 where the ink is stronger than half of the maximum, else 0."""
    return cv2.threshold(ink, int(ink.max()) // 2, 255, cv2.THRESH_BINARY)[1]


def _clean(piece: Piece) -> Piece:
    """Remove specks and fit the remaining ink to WORK again. Returns `piece` itself if there are none."""
    ink, box = piece
    binary = cv2.threshold(ink, FAINT, 1, cv2.THRESH_BINARY)[1]
    if cv2.connectedComponents(binary)[0] == 2:  # the paper and one component, as in most digits
        return piece
    _, labels, stats, _ = cv2.connectedComponentsWithStats(binary)
    area = stats[1:, cv2.CC_STAT_AREA]
    is_speck = area < SPECK * area.sum()
    if not 0 < area[is_speck].sum() < area.sum() / 2:  # if most of the ink is specks, the digit is drawn with dots
        return piece
    specks = np.concatenate([[False], is_speck])[labels]
    around = cv2.dilate(specks.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    removed = specks | (around & (labels == 0))
    return _fit(_crop(Piece(np.where(removed, 0, ink).astype(np.uint8), box)), WORK)


def stroke_width(ink: Image) -> float:
    """Width of the stroke in px: twice the median distance from its center line to its edge."""
    inside = _strong(_pad(ink, 1))
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    center_line = distance[(distance > 0) & (distance >= cv2.dilate(distance, None))]  # the local maxima
    return 2 * float(median(center_line)) - 1 if center_line.size else 1.0


def _pad(ink: Image, margin: int) -> Image:
    return cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT)


def _set_stroke_width(piece: Piece) -> Piece:
    """Thicken or thin the stroke so that its width relative to the box is within MNIST's range."""
    ink, box = piece
    longer = max(ink.shape)
    width = stroke_width(ink)
    target = min(max(width / longer, THINNEST), THICKEST)
    # Growing every edge by g gives (width + 2g) / (longer + 2g) = target.
    grow = (target * longer - width) / (2 * (1 - target))
    grow = max(grow, -0.35 * width)  # never thin by more than 70 %
    if abs(grow) < 0.25:
        return piece
    margin = int(np.ceil(max(grow, 0))) + 1
    padded = _pad(ink, margin)
    if grow > 0:
        outside = cv2.distanceTransform(cv2.bitwise_not(_strong(padded)), cv2.DIST_L2, 5)
        level = grow + 1 - outside
    else:
        level = cv2.distanceTransform(_strong(padded), cv2.DIST_L2, 5) + grow
    around = box.part(ink.shape, -margin, -margin, *padded.shape[::-1])
    return _crop(Piece((np.clip(level, 0, 1) * 255).astype(np.uint8), around))


def _center(piece: Piece) -> Piece:
    """Paste into 28x28, shifted by whole px so that the center of mass is in the middle."""
    ink, box = piece
    h, w = ink.shape
    moments = cv2.moments(ink)
    mass = moments["m00"] or 1.0
    out = np.zeros((SIDE, SIDE), np.uint8)
    top = min(max(int(SIDE / 2 + 0.5 - moments["m01"] / mass), 0), SIDE - h)
    left = min(max(int(SIDE / 2 + 0.5 - moments["m10"] / mass), 0), SIDE - w)
    out[top : top + h, left : left + w] = ink
    return Piece(out, box.part(ink.shape, -left, -top, SIDE, SIDE))
