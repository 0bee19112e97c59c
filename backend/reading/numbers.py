"""Reads several digits as a number, from left to right.

The ink is divided into pieces (`pieces.py`). Runs of pieces that could be a digit are normalized and read by the
network, as a single digit is, and the sequence of runs with the lowest cost is the number (`lattice.py`). The network
rejects most wrong runs, since it was trained on drawings that are not digits, numbers among them; sizes decide between
the rest. The pieces are first the strokes, then the connected components, then parts of components, until a sequence
is sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backend.reading.image import Image, shrink
from backend.reading.lattice import Path, cheapest_path
from backend.reading.normalize import Box, bounding_box
from backend.reading.pieces import Ink, Pen, Piece, components, cut, strokes_of
from backend.reading.recognizer import Reading, Recognizer
from backend.reading.verdict import Verdict

WIDE = 1.2  # times its height: wider ink is looked at even if it is read as a single digit
SURE, SURE_OF_CUTS = 0.8, 0.95  # least confidence of the verdict `number`: of whole pieces, and where one may be cut
PLAUSIBLE = 0.4  # least confidence of a number at all
AGAINST_DIGIT = 0.95  # the same if the drawing as a whole may be a single digit
MOST_PIECES = 40  # with more, the drawing is no number
MOST_COMPONENTS = 12  # with more, they are not cut
NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)*")
LONGEST = 1200  # px, the longer side to which larger images are scaled

# Lengths here are relative to the tallest piece.
CUT_WIDTH = 0.35  # width from which a component is cut
MOST_ASPECT = 10  # width divided by height up to which it is cut
TALL = 0.5  # least height of a digit that places marks
MARK = 0.4  # largest height of a comma; decimal points and minuses are lower
FLAT = 0.3  # largest height of a decimal point or minus, and largest width of a decimal point or comma
OFF_LINE = 0.4  # distance of a digit's middle from the others'


class Digit(NamedTuple):
    """One digit of a number."""

    reading: Reading
    box: Box  # in px of the ink
    ink: Image  # what was read: the ink of this digit alone, (h, w), which fills the box


class Number(NamedTuple):
    """A number that was read in a drawing."""

    result: str  # such as "2026", "-3" or "1.5"
    confidence: float  # the product of the network's probabilities of its digits
    verdict: Verdict  # number or unsure
    digits: tuple[Digit, ...]  # from left to right


def may_be_number(ink: Image, single: Reading) -> bool:
    """Whether to look for a number: the ink is wide, or is read as no single digit with certainty."""
    _, _, width, height = bounding_box(ink)
    return single.verdict != "digit" or width > WIDE * height


def read_number(recognizer: Recognizer, ink: Image, single: Reading, strokes: Sequence[Pen] = ()) -> Number | None:
    """Read ink (H, W), 0 paper to 255 full stroke, as a number, or return None if it isn't one.

    single: what the drawing is read as, as a whole; see `may_be_number`.
    strokes: as they were drawn, in px of the ink; with them, digits may overlap.
    """
    small = shrink(ink, LONGEST)
    scale = len(ink) / len(small)
    pens = [Pen(points / scale, width / scale) for points, width in strokes] if len(strokes) <= MOST_PIECES else []
    best: tuple[Path, str, float] | None = None
    for source in ("strokes", "components", "parts of components"):
        pieces = strokes_of(small, pens) if source == "strokes" else components(small)
        cutting = source == "parts of components"
        if not 0 < len(pieces) <= (MOST_COMPONENTS if cutting else MOST_PIECES):
            continue
        marks, pieces = _split_marks(pieces)
        tallest = max(piece.height for piece in pieces)
        divided = [_maybe_cut(piece, tallest) if cutting else Piece(piece) for piece in pieces]
        path = cheapest_path(recognizer.network, divided)
        if path is None:
            continue
        text = _text(path, marks)
        if cutting and set(text) == {"1"}:
            continue  # joined straight lines are a V, an N or a zigzag
        if best is None or path.cost < best[0].cost:
            best = path, text, SURE_OF_CUTS if cutting else SURE
        if path.confidence >= SURE:
            break
    if best is None or len(best[1]) < 2 or not NUMBER.fullmatch(best[1]):
        return None
    path, text, sure = best
    least = PLAUSIBLE if single.verdict == "not_a_digit" else AGAINST_DIGIT
    if path.confidence < least or not _in_line(path):
        return None
    digits = [
        Digit(recognizer.judge(eleven), Box(*(scale * side for side in ink.box)), ink.image)
        for eleven, ink in sorted(path.digits, key=_middle)
    ]
    verdict: Verdict = "number" if path.confidence >= sure else "unsure"
    return Number(text, path.confidence, verdict, tuple(digits))


def _maybe_cut(piece: Ink, tallest: int) -> Piece:
    """Cut a component that may hold several digits. tallest: the height of the tallest component, in px."""
    wide = CUT_WIDTH * tallest < piece.width <= MOST_ASPECT * piece.height
    return cut(piece) if wide else Piece(piece)


def _split_marks(pieces: Sequence[Ink]) -> tuple[list[tuple[str, Ink]], list[Ink]]:
    """Separate a leading minus, decimal points and commas from the pieces of digits, by their size and place."""
    tallest = max(piece.height for piece in pieces)
    tall = [piece for piece in pieces if piece.height > TALL * tallest]
    base = float(np.median([piece.bottom for piece in tall]))
    leftmost = min(piece.left for piece in tall)
    marks: list[tuple[str, Ink]] = []
    digits: list[Ink] = []
    for piece in pieces:
        middle = (base - (piece.top + piece.bottom) / 2) / tallest
        sign = ""
        if piece.height <= MARK * tallest:
            flat = piece.height <= FLAT * tallest
            if flat and piece.right <= leftmost + 1 and 0.2 < middle < 0.8 and piece.width > 1.8 * piece.height:
                sign = "-"
            elif piece.width <= FLAT * tallest and middle < 0.2 and not _covered(piece, tall):
                comma = piece.height > 1.5 * piece.width and piece.bottom > base + piece.height / 4
                sign = "," if comma else "." if flat else ""
        if sign:
            marks.append((sign, piece))
        else:
            digits.append(piece)
    return marks, digits


def _covered(piece: Ink, others: Sequence[Ink]) -> bool:
    """Whether half of the columns of a piece are also those of another."""
    return any(2 * (min(piece.right, o.right) - max(piece.left, o.left)) > piece.width for o in others)


def _middle(part: tuple[object, Ink]) -> int:
    return part[1].left + part[1].right


def _text(path: Path, marks: Sequence[tuple[str, Ink]]) -> str:
    digits = [(str(int(eleven[:10].argmax())), ink) for eleven, ink in path.digits]
    return "".join(sign for sign, _ in sorted([*digits, *marks], key=_middle))


def _in_line(path: Path) -> bool:
    """Whether the middles of all digits are at about the same height."""
    middles = np.array([(ink.top + ink.bottom) / 2 for _, ink in path.digits])
    return bool(np.ptp(middles) <= 2 * OFF_LINE * max(ink.height for _, ink in path.digits))
