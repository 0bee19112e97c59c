"""Crops of numbers, as the reading of numbers tries them: whole digits, and crops that are wrong.

`backend/reading/lattice.py` asks the network about runs of strokes, of connected components and of their parts. A run
that holds one digit has neighbors' ink at its edges, or lacks some of its own; most runs hold a part of a digit, or
more than one. The network can tell them apart only if it was trained on such crops.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.lattice import boundaries_of, ink_of, runs_from
from backend.reading.pieces import Ink, Pen, Piece, components, cut, strokes_of
from training.numbers import Composed, Spacing, compose_number
from training.sources import Pens
from training.variation import Rng

SPACINGS: tuple[Spacing, ...] = ("separate", "touching", "touching", "overlapping")
STROKES_SHARE = 0.3  # fraction of the numbers that are divided into strokes; the others are cut into parts
WRONG_SHARE = 0.5  # fraction of the crops that are not one digit
COMPLETE, CLEAN = 0.9, 0.12  # a right crop has at least this fraction of a digit's ink, and at most this of other ink
PARTIAL, MIXED = 0.75, 0.25  # a wrong crop has less of a digit's ink, or more of other ink; others are not used
SMALLEST = 0.4  # of the tallest piece: the least longer side of a wrong crop


def crop_at_random(pens: Pens, drawings: npt.NDArray[np.int64], rng: Rng) -> tuple[Image, int | None]:
    """The ink of a run of a number by one of the writers of `drawings`, and its digit, or None if it is not one."""
    while True:
        number = compose_number(pens, drawings, rng, SPACINGS[rng.integers(len(SPACINGS))], int(rng.integers(2, 4)))
        wrong = rng.random() < WRONG_SHARE
        pieces = _pieces(number, rng)
        boundaries = boundaries_of(pieces)
        digits = [number.ink_of(k) for k in range(len(number.text))]
        tallest = max(piece.ink.height for piece in pieces)
        starts = range(len(boundaries) - 1)
        runs = [run for start in starts for _, run in runs_from(pieces, boundaries, start, tallest)]
        for k in rng.permutation(len(runs)).tolist():
            crop = ink_of(pieces, runs[k])
            if crop.image.size == 0 or max(crop.image.shape) < SMALLEST * tallest:
                continue
            own, other = shares(digits, crop)
            digit = int(own.argmax())
            if not wrong and own[digit] >= COMPLETE and other[digit] <= CLEAN:
                return crop.image, int(number.text[digit])
            if wrong and not ((own >= PARTIAL) & (other <= MIXED)).any():
                return crop.image, None


def shares(digits: Sequence[Image], crop: Ink) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each digit, the fraction of its ink that the crop has, and the fraction of the crop's ink that is other ink.

    digits: the ink of each on the whole image.
    """
    window = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
    common = np.array([cv2.sumElems(np.minimum(ink[window], crop.image))[0] for ink in digits])
    own = np.array([cv2.sumElems(ink)[0] for ink in digits])
    return common / own, 1 - common / cv2.sumElems(crop.image)[0]


def _pieces(number: Composed, rng: Rng) -> list[Piece]:
    if rng.random() < STROKES_SHARE:
        return [Piece(ink) for ink in strokes_of(number.ink(), [Pen(each, number.pen) for each in number.strokes])]
    return [cut(component) for component in components(number.ink())]
