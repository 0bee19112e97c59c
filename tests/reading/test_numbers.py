"""Numbers: which drawings are read as several digits, with and without strokes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.numbers import Number, may_be_number, read_number
from backend.reading.pieces import Pen, Piece, components, cut, merge
from backend.reading.recognizer import Recognizer
from tools.drawings import STROKES, draw, draw_strokes, number_strokes

PEN = 10


def read(
    recognizer: Recognizer, strokes: list[NDArray[np.float64]], width: int = 560, with_strokes: bool = False
) -> Number | None:
    ink = find_ink(draw_strokes(strokes, width, PEN))
    pens = [Pen(stroke, PEN) for stroke in strokes] if with_strokes else []
    return read_number(recognizer, ink, recognizer.read(normalize(ink)), pens)


def result(number: Number | None) -> str | None:
    return number and number.result


@pytest.mark.parametrize("text", ["20", "52", "706", "3690", "38025"])
@pytest.mark.parametrize("with_strokes", [False, True])
def test_separate_digits_are_read_from_left_to_right(recognizer: Recognizer, text: str, with_strokes: bool) -> None:
    number = read(recognizer, number_strokes(text), with_strokes=with_strokes)
    assert (result(number), number and number.verdict) == (text, "number")


def test_each_digit_has_its_place(recognizer: Recognizer) -> None:
    number = read(recognizer, number_strokes("20"))
    assert number is not None
    assert [digit.reading.digit for digit in number.digits] == [2, 0]
    assert number.confidence == pytest.approx(np.prod([digit.reading.confidence for digit in number.digits]), rel=0.05)
    for k, digit in enumerate(number.digits):
        box = digit.box
        assert box.left == pytest.approx(30 + 100 * k + 12 - PEN / 2, abs=3)
        assert (box.top, box.height) == pytest.approx((90 - PEN / 2, 100 + PEN), abs=3)


def test_digits_that_overlap_are_read_by_their_strokes(recognizer: Recognizer) -> None:
    strokes = number_strokes("320", step=52)
    assert result(read(recognizer, strokes, with_strokes=True)) == "320"


def test_a_number_need_not_be_drawn_from_left_to_right(recognizer: Recognizer) -> None:
    strokes = number_strokes("305")[::-1]
    assert result(read(recognizer, strokes, with_strokes=True)) == "305"


def test_digits_that_touch_are_cut(recognizer: Recognizer) -> None:
    strokes = number_strokes("53", step=54)
    assert len(components(find_ink(draw_strokes(strokes, 280, PEN)))) == 1
    assert result(read(recognizer, strokes, 280)) == "53"


def test_strokes_over_each_other_are_one_digit(recognizer: Recognizer) -> None:
    """The slash of a 0 is no 1, and the two halves of an open 8 are no 00."""
    [seven] = number_strokes("7")
    [zero] = number_strokes("0")
    slash = np.array([[52, 190], [88, 90]], np.float64)
    after = seven + np.array([100, 0])
    assert result(read(recognizer, [zero, slash, after], with_strokes=True)) == "07"
    half = np.array([[55, 90], [56, 115], [70, 132], [84, 115], [85, 90]], np.float64)
    ring = np.array([[70, 132], [54, 150], [54, 180], [70, 190], [86, 180], [86, 150], [70, 132]], np.float64)
    assert result(read(recognizer, [half, ring, after], with_strokes=True)) == "87"


@pytest.mark.parametrize("corners", [[(0, 0), (40, 100), (80, 0)], [(0, 100), (0, 0), (70, 100), (70, 0)]])
def test_joined_straight_lines_are_not_ones(recognizer: Recognizer, corners: list[tuple[float, float]]) -> None:
    assert read(recognizer, [np.add(corners, (60.0, 90.0))]) is None


@pytest.mark.parametrize("size", [(40, 40), (140, 140), (140, 200), (60, 100)])
def test_a_filled_rectangle_is_not_a_number(recognizer: Recognizer, size: tuple[int, int]) -> None:
    ink = np.pad(np.full(size, 255, np.uint8), 40)
    assert read_number(recognizer, ink, recognizer.read(normalize(ink))) is None


def test_strokes_of_another_drawing_are_ignored(recognizer: Recognizer) -> None:
    ink = find_ink(draw_strokes(number_strokes("20")))
    other = [Pen(stroke + 100, PEN) for stroke in number_strokes("3333")]
    assert result(read_number(recognizer, ink, recognizer.read(normalize(ink)), other)) == "20"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("2.5", [(118, 186), (122, 188)]),
        ("2,5", [(127, 184), (119, 206)]),
        ("-25", [(-10, 142), (16, 142)]),
    ],
)
def test_points_commas_and_a_minus_are_read(recognizer: Recognizer, text: str, mark: list[tuple[float, float]]) -> None:
    strokes = number_strokes("25", step=110)
    if text[0] == "-":
        strokes = [stroke + np.array([40, 0]) for stroke in strokes]
        mark = [(x + 40, y) for x, y in mark]
    strokes.append(np.array(mark, np.float64))
    assert result(read(recognizer, strokes)) == text
    assert result(read(recognizer, strokes, with_strokes=True)) == text


@pytest.mark.parametrize("digit", sorted(STROKES))
@pytest.mark.parametrize("side", [90, 200])
def test_a_single_digit_is_not_a_number(recognizer: Recognizer, digit: int, side: int) -> None:
    ink = find_ink(draw(digit, side=side, left=30, top=40))
    single = recognizer.read(normalize(ink))
    assert not may_be_number(ink, single) or read_number(recognizer, ink, single) is None


def test_digits_below_each_other_are_not_a_number(recognizer: Recognizer) -> None:
    strokes = [*number_strokes("2", side=80), *(stroke + np.array([60, 95]) for stroke in number_strokes("3", side=80))]
    assert read(recognizer, strokes) is None


def test_a_drawing_of_many_pieces_is_not_a_number(recognizer: Recognizer) -> None:
    dots = [np.array([(x, y), (x + 3, y + 3)], np.float64) for x in range(20, 540, 30) for y in range(30, 250, 40)]
    assert read(recognizer, dots) is None


def touching() -> Piece:
    [component] = components(find_ink(draw_strokes(number_strokes("53", step=54), 280, PEN)))
    return cut(component)


def test_a_part_is_connected_to_its_ink_beyond_a_cut() -> None:
    piece = touching()
    cuts = range(len(piece.left_of) + 2)
    for first, last in itertools.combinations(cuts, 2):
        without = piece._replace(shared=0).part(first, last)
        part = piece.part(first, last)
        assert part.image.sum(dtype=int) >= without.image.sum(dtype=int)
        assert len(components(part.image)) <= len(components(without.image))


def test_the_parts_between_cuts_are_the_whole() -> None:
    piece = touching()
    parts = [piece.part(k, k + 1) for k in range(len(piece.left_of) + 1)]
    assert len(parts) > 1
    assert np.array_equal(merge(parts).image, piece.ink.image)
