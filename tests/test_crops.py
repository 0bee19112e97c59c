"""training/crops.py: a crop of a number is a whole digit, or it is wrong; what is between is not used."""

from __future__ import annotations

import numpy as np

from backend.reading.normalize import normalize
from backend.reading.pieces import Ink
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from tests import data
from training.crops import crop_at_random, shares
from training.sources import split_writers


def block(left: int, right: int) -> Ink:
    return Ink(np.full((20, right - left), 255, np.uint8), left, 0)


def test_shares_are_of_the_digit_and_of_the_crop() -> None:
    digits = np.zeros((2, 20, 100), np.uint8)
    digits[0, :, :40] = digits[1, :, 40:] = 255
    for crop, own, other in (
        (block(0, 40), (1, 0), (0, 1)),
        (block(0, 30), (0.75, 0), (0, 1)),
        (block(0, 100), (1, 1), (0.6, 0.4)),
        (block(30, 50), (0.25, 1 / 6), (0.5, 0.5)),
    ):
        np.testing.assert_allclose(shares(list(digits), crop), (own, other))


def test_right_crops_are_read_as_their_digit_and_wrong_ones_mostly_as_none() -> None:
    pens = data.pens()
    recognizer, rng = Recognizer(TOP), np.random.default_rng(0)
    held_out = split_writers(pens)[1]
    crops = [crop_at_random(pens, held_out, rng) for _ in range(300)]
    readings = [(recognizer.read(normalize(ink)), digit) for ink, digit in crops]
    right = [reading.digit == digit for reading, digit in readings if digit is not None]
    wrong = [reading.verdict == "digit" for reading, digit in readings if digit is None]
    assert 0.35 < len(right) / len(crops) < 0.65
    assert np.mean(right) > 0.9
    assert np.mean(wrong) < 0.4
