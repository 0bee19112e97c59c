"""Finds the sequence of digits that uses all pieces of ink and costs least.

The boundaries between pieces, and the cuts in them, are the nodes of a graph, and each run of ink that could be a digit
is an edge. In handwriting recognition this graph is called a segmentation lattice.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backend.reading.normalize import normalize
from backend.reading.pieces import Ink, Piece, merge
from backend.reading.recognizer import Floats, Network, network_input

# Costs of a run, in nats. Lengths here are relative to the tallest piece.
JOIN = 0.4  # for each piece after the first
CUT = 0.5  # for each cut
HIGHEST = 6.0  # cost at which a sequence is given up
MOST_MADE, MOST_READ = 600, 200  # runs that are cut out and read; then the drawing is no number
HEIGHT_SPREAD = 0.5  # standard deviation of the logarithm of a digit's height
SHAPE_WEIGHT = 0.5
# The logarithm of width / height of each digit, mean and standard deviation, of the writers trained on.
SHAPES = (
    (-0.12, 0.27), (-0.90, 0.56), (-0.09, 0.25), (-0.34, 0.23), (-0.39, 0.32),
    (-0.14, 0.25), (-0.49, 0.23), (-0.27, 0.27), (-0.41, 0.25), (-0.44, 0.23),
)  # fmt: skip

MOST_JOINED = 5  # pieces of a digit
WIDEST, LOWEST = 1.5, 0.35  # width and height of a digit
GAP, TALL = 0.12, 0.5  # largest gap within a digit between pieces that are both TALL
CLOSEST = 0.25  # distance between the middles of two digits, in widths of the wider one


class Path(NamedTuple):
    """A sequence of digits."""

    cost: float  # in nats
    digits: tuple[tuple[Floats, Ink], ...]  # the network's probabilities (11,) and the ink of each digit

    @property
    def confidence(self) -> float:
        """The product of the probabilities of the digits."""
        return math.prod(float(eleven[:10].max()) for eleven, _ in self.digits)


class Run(NamedTuple):
    """Ink that could be a digit: pieces, of which the first and the last may be cut."""

    first: int  # index of a piece
    last: int  # the same, inclusive
    cut_before: int  # in the first piece, as in Piece.part
    cut_after: int  # in the last piece


def cheapest_path(network: Network, pieces: Sequence[Piece]) -> Path | None:
    """The sequence of digits that uses all pieces and costs least, by Dijkstra's algorithm over their boundaries.

    A run is queued with a lower bound of its cost, and is read only when nothing cheaper is queued: where digits are
    separate, each is read once, and no joined or cut run is read. None if no sequence is cheap enough.
    """
    tallest = max(piece.ink.height for piece in pieces)
    boundaries = boundaries_of(pieces)
    order = itertools.count()  # of entries that cost the same
    waiting: list[tuple[float, int, int, Path, Run | Ink | None]] = [(0.0, next(order), 0, Path(0.0, ()), None)]
    reached: set[int] = set()
    made, runs_read = 0, 0
    while waiting:
        cost, _, end, path, run = heapq.heappop(waiting)
        if end in reached:
            continue
        if isinstance(run, Run):
            made += 1
            if made > MOST_MADE:
                return None
            ink = ink_of(pieces, run)
            apart = all(_apart(ink, other) for _, other in path.digits)
            if apart and ink.width <= WIDEST * tallest and ink.height >= LOWEST * tallest:
                height = math.log(ink.height / tallest) / HEIGHT_SPREAD
                heapq.heappush(waiting, (cost + height**2 / 2, next(order), end, path, ink))
        elif isinstance(run, Ink):
            runs_read += 1
            if runs_read > MOST_READ:
                return None
            eleven = network(network_input(normalize(run.image)[None]))[0]
            cost += _cost(eleven, run)
            if cost < HIGHEST:
                heapq.heappush(waiting, (cost, next(order), end, Path(cost, (*path.digits, (eleven, run))), None))
        elif end == len(boundaries) - 1:
            return path
        else:
            reached.add(end)
            for after, found in runs_from(pieces, boundaries, end, tallest):
                least = cost + JOIN * (found.last - found.first) + CUT * (boundaries[after][1] > 0)
                heapq.heappush(waiting, (least, next(order), after, path, found))
    return None


def boundaries_of(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """The places where a digit may begin or end, from left to right: the index of a piece, and a cut in it or 0."""
    inside = [(k, part) for k, piece in enumerate(pieces) for part in range(len(piece.left_of) + 1)]
    return [*inside, (len(pieces), 0)]


def runs_from(
    pieces: Sequence[Piece], boundaries: Sequence[tuple[int, int]], start: int, tallest: float
) -> Iterator[tuple[int, Run]]:
    """The runs that begin at a boundary, each with the index of the boundary where it ends."""
    first, cut_before = boundaries[start]
    for end in range(start + 1, len(boundaries)):
        last, cut_after = boundaries[end]
        if cut_after == 0:
            last, cut_after = last - 1, len(pieces[last - 1].left_of) + 1
        if last - first >= MOST_JOINED or not _joinable(pieces[first : last + 1], tallest):
            break
        yield end, Run(first, last, cut_before, cut_after)


def ink_of(pieces: Sequence[Piece], run: Run) -> Ink:
    """The ink of a run, cut out of its pieces."""
    first, last, cut_before, cut_after = run
    if first == last:
        return pieces[first].part(cut_before, cut_after)
    begin = pieces[first].part(cut_before, len(pieces[first].left_of) + 1)
    return merge([begin, *(piece.ink for piece in pieces[first + 1 : last]), pieces[last].part(0, cut_after)])


def _joinable(run: Sequence[Piece], tallest: float) -> bool:
    """Whether no wide gap is between two tall pieces."""
    for a, b in itertools.pairwise(run):
        gap = max(a.ink.left, b.ink.left) - min(a.ink.right, b.ink.right)
        if gap > GAP * tallest and min(a.ink.height, b.ink.height) > TALL * tallest:
            return False
    return True


def _apart(a: Ink, b: Ink) -> bool:
    """Whether two digits are beside each other, unlike the slash of a 0 or the two loops of an 8."""
    distance = abs(a.left + a.right - b.left - b.right) / 2
    return distance >= CLOSEST * max(a.width, b.width)


def _cost(eleven: Floats, ink: Ink) -> float:
    """How improbable it is that this ink is a digit, in nats, by the network and the digit's shape."""
    digit = int(eleven[:10].argmax())
    mean, spread = SHAPES[digit]
    shape = max(0.0, abs(math.log(ink.width / ink.height) - mean) / spread - 1)
    return -math.log(max(float(eleven[digit]), 1e-9)) + SHAPE_WEIGHT * shape**2 / 2
