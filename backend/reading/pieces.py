"""Divides ink into pieces, from left to right, of which the digits of a number consist: strokes, connected components,
and parts of a component between thin places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.normalize import FAINT, Box, stroke_width

SMALLEST = 0.003  # fraction of all ink; a smaller component is a speck
CUT_HEIGHT = 48  # px, the height at which a component is searched for cuts
CUT_ROWS = (0.3, 0.5, 0.7)  # fractions of the height: rows in which cuts are compared
SIDEWAYS = 0.1  # cost, in px of ink, of each px by which a cut moves sideways
MOST_INK = 5.0  # stroke widths of ink that a cut may cross ...
MOST_CROSSED = 0.7  # ... and fraction of its own length, or it cuts a blob
MOST_CUTS = 28.0  # per component, times its width divided by its height
LEAST_PART = 0.06  # of the component's ink: the least on each side of a cut
LEAST_BETWEEN = 0.02  # of the component's ink: the least between two cuts
SHARED = 0.25  # stroke widths by which a part's ink goes on beyond its cuts, since touching digits share ink
SUBPIXEL = 4  # fractional bits of OpenCV's fixed-point coordinates
UNCOVERED = 0.05  # of the ink: if strokes leave more than this uncovered, they belong to another image


class Ink(NamedTuple):
    """Some of the ink of an image: a crop of the image without all other ink."""

    image: Image  # (h, w)
    left: int  # px of the whole image
    top: int

    @property
    def height(self) -> int:
        return self.image.shape[0]

    @property
    def width(self) -> int:
        return self.image.shape[1]

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.width, self.height)


def merge(pieces: Sequence[Ink]) -> Ink:
    """Several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    left, top = min(piece.left for piece in pieces), min(piece.top for piece in pieces)
    right, bottom = max(piece.right for piece in pieces), max(piece.bottom for piece in pieces)
    image = np.zeros((bottom - top, right - left), np.uint8)
    for piece in pieces:
        part = image[piece.top - top : piece.bottom - top, piece.left - left : piece.right - left]
        np.maximum(part, piece.image, out=part)
    return Ink(image, left, top)


def components(ink: Image) -> list[Ink]:
    """The connected components of the ink, sorted by the middle of their bounding boxes. Specks are left out."""
    binary = cv2.threshold(ink, FAINT, 1, cv2.THRESH_BINARY)[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    area = stats[1:, cv2.CC_STAT_AREA]
    found = []
    for k in (1 + np.flatnonzero(area >= SMALLEST * area.sum())).tolist():
        left, top, width, height, _ = stats[k].tolist()
        window = slice(top, top + height), slice(left, left + width)
        found.append(Ink(np.where(labels[window] == k, ink[window], 0).astype(np.uint8), left, top))
    return sorted(found, key=lambda piece: piece.left + piece.right)


class Piece(NamedTuple):
    """A stroke or a component, and where it may be cut."""

    ink: Ink
    inked: Image | None = None  # 1 where there is ink, at a height of CUT_HEIGHT; None: it has no cuts
    left_of: tuple[Image, ...] = ()  # for each cut, from left to right: 1 left of it, at that height
    shared: int = 0  # px at that height by which a part's ink goes on beyond its cuts

    def part(self, first: int, last: int) -> Ink:
        """The ink between two cuts, which count from 1; 0 is the left end, and len(left_of) + 1 the right end.

        Ink beyond a cut belongs to the part as well if it is connected to the part's ink within `shared` px.
        """
        if self.inked is None or (first == 0 and last > len(self.left_of)):
            return self.ink
        mask = np.ones_like(self.inked)
        if last <= len(self.left_of):
            mask &= self.left_of[last - 1]
        if first > 0:
            mask &= 1 - self.left_of[first - 1]
        for _ in range(self.shared):
            mask |= cv2.dilate(mask & self.inked, np.ones((3, 3), np.uint8)) & self.inked
        mask = cv2.resize(mask, self.ink.image.shape[::-1], interpolation=cv2.INTER_NEAREST)
        return crop(Ink(self.ink.image * mask, self.ink.left, self.ink.top))


def crop(piece: Ink) -> Ink:
    """Crop to the bounding box of the ink."""
    image, left, top = piece
    x, y, w, h = cv2.boundingRect(cv2.threshold(image, FAINT, 255, cv2.THRESH_BINARY)[1])
    return Ink(image[y : y + h, x : x + w], left + x, top + y)


def cut(component: Ink) -> Piece:
    """Find where touching digits may be divided: paths from the top to the bottom that cross little ink."""
    width = max(3, round(component.width * CUT_HEIGHT / component.height))
    small = cv2.resize(component.image, (width, CUT_HEIGHT), interpolation=cv2.INTER_AREA)
    pen = max(stroke_width(small), 1.0)
    found = [_cheapest_seams(small, round(row * CUT_HEIGHT)) for row in CUT_ROWS]
    cost = np.concatenate([cost for cost, _ in found])
    seams = np.concatenate([seams for _, seams in found], axis=1)
    share = small / small.sum(dtype=np.float64)
    most_ink = min(MOST_INK * pen, MOST_CROSSED * CUT_HEIGHT)
    most = round(MOST_CUTS * width / CUT_HEIGHT)
    chosen: list[tuple[float, Image]] = []
    for k in np.argsort(cost, kind="stable").tolist():
        if cost[k] > most_ink or len(chosen) == most:
            break
        left = (np.arange(width) <= seams[:, k, None]).astype(np.uint8)
        ink = float((share * left).sum())
        if LEAST_PART <= ink <= 1 - LEAST_PART and all(
            abs(ink - before) >= LEAST_BETWEEN or (share * (left ^ other)).sum() >= LEAST_BETWEEN
            for before, other in chosen
        ):
            chosen.append((ink, left))
    chosen.sort(key=lambda each: each[0])
    inked = (small > 0).astype(np.uint8)
    return Piece(component, inked, tuple(left for _, left in chosen), round(SHARED * pen))


def _cheapest_seams(ink: Image, middle: int) -> tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.int64]]:
    """For each column of the row `middle`, the cheapest seam through it: a path from top to bottom, as in seam carving.

    Returns the costs (columns,), the ink crossed in px plus SIDEWAYS for each px moved sideways, and the seams (rows,
    columns): the column of each seam in each row.
    """
    price = ink.astype(np.float32) / 255
    above, up = _cheapest_halves(price[:middle])
    below, down = _cheapest_halves(price[:middle:-1])
    seams = np.concatenate([up, np.arange(price.shape[1])[None], down[::-1]])
    return price[middle] + above + below, seams


def _cheapest_halves(
    price: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.int64]]:
    """The costs and the seams from the first row of `price` to each column of the row after its last."""
    width = price.shape[1]
    total = np.zeros(width, np.float32)
    padded = np.full(width + 2, np.inf, np.float32)
    choices = np.empty((3, width), np.float32)  # from above, from the left, from the right
    moves = []
    for row in price:
        padded[1:-1] = total + row
        choices[0] = padded[1:-1]
        choices[1:] = padded[:-2] + SIDEWAYS, padded[2:] + SIDEWAYS
        moves.append(np.array([0, -1, 1])[choices.argmin(axis=0)])
        total = choices.min(axis=0)
    at = np.arange(price.shape[1])
    seams = []
    for move in reversed(moves):
        at = at + move[at]
        seams.append(at)
    return total, np.array(seams[::-1])


class Pen(NamedTuple):
    """A stroke."""

    points: npt.NDArray[np.float64]  # (n, 2), px, x to the right and y down
    width: float  # px


def strokes_of(ink: Image, strokes: Sequence[Pen]) -> list[Ink]:
    """The ink of each stroke, in the order of drawing. Ink where strokes cross belongs to each of them.

    Empty if the strokes do not cover the ink: then they belong to another drawing.
    """
    height, width = ink.shape
    covered = np.zeros_like(ink)
    pieces = []
    for points, pen in strokes:
        reach = pen / 2 + 2
        left, top = np.maximum(np.floor(points.min(axis=0) - reach).astype(int), 0).tolist()
        right, bottom = np.minimum(np.ceil(points.max(axis=0) + reach).astype(int) + 1, (width, height)).tolist()
        if right <= left or bottom <= top:
            continue
        drawn = np.zeros((bottom - top, right - left), np.uint8)
        line = np.round((points - (left, top)) * (1 << SUBPIXEL)).astype(np.int32)
        line = np.concatenate([line, line[-1:]])  # a single point is drawn as a dot
        cv2.polylines(drawn, [line], False, 255, round(pen + 2), cv2.LINE_8, SUBPIXEL)
        window = slice(top, bottom), slice(left, right)
        np.maximum(covered[window], drawn, out=covered[window])
        piece = crop(Ink(cv2.bitwise_and(ink[window], drawn), left, top))
        if piece.width:
            pieces.append(piece)
    missed = cv2.sumElems(cv2.bitwise_and(ink, cv2.bitwise_not(covered)))[0]
    return pieces if missed <= UNCOVERED * cv2.sumElems(ink)[0] else []
