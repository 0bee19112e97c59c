"""The gate that a retrained network must pass."""

from __future__ import annotations

import numpy as np
import pytest

from backend.reading.recognizer import Floats
from training.gate import CHANCE, FEWEST_CORRECTED, Comparison, answers, compare, p_value


@pytest.mark.parametrize(("heads", "tails", "probability"), [(0, 0, 1), (1, 0, 0.5), (5, 0, 1 / 32), (8, 2, 56 / 1024)])
def test_the_p_value_is_that_of_coin_tosses(heads: int, tails: int, probability: float) -> None:
    assert p_value(heads, tails) == pytest.approx(probability)


def comparison(must: str, gained: int, lost: int) -> Comparison:
    return Comparison("somewhere", 100, 50, 50 + gained - lost, gained, lost, must)


@pytest.mark.parametrize(
    ("must", "gained", "lost", "passes"),
    [
        ("not be worse", 0, 0, True),
        ("not be worse", 0, 4, True),
        ("not be worse", 0, 5, False),
        ("not be worse", 12, 15, True),
        ("not be worse", 12, 25, False),
        ("be better", 0, 0, False),
        ("be better", 4, 0, False),
        ("be better", 5, 0, True),
        ("be better", 12, 10, False),
        ("", 0, 50, True),
    ],
)
def test_a_network_passes_by_what_is_beyond_chance(must: str, gained: int, lost: int, passes: bool) -> None:
    assert comparison(must, gained, lost).passes == passes


def test_with_fewer_corrected_drawings_no_network_could_pass() -> None:
    assert p_value(FEWEST_CORRECTED, 0) < CHANCE <= p_value(FEWEST_CORRECTED - 1, 0)


def test_answers_are_compared_drawing_by_drawing() -> None:
    def always(digit: int, not_a_digit: float = 0) -> Floats:
        """Probabilities of a network that always answers the same."""
        return np.eye(11, dtype=np.float32)[digit] * np.float32(1 - not_a_digit) + np.eye(11)[10] * not_a_digit

    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([7, 7, 10])
    assert answers(lambda given: np.repeat(always(7)[None], len(given), 0), images).tolist() == [7, 7, 7]
    assert answers(lambda given: np.repeat(always(7, 0.6)[None], len(given), 0), images).tolist() == [10, 10, 10]
    found = compare(
        "all",
        lambda given: np.repeat(always(7, 0.6)[None], len(given), 0),
        lambda given: np.repeat(always(7)[None], len(given), 0),
        images,
        labels,
    )
    assert (found.total, found.old, found.new, found.gained, found.lost) == (3, 1, 2, 2, 1)
