"""Unusual drawings: those that differ from the others of their digit."""

from __future__ import annotations

import cv2
import numpy as np

from backend.rooms.unusual import unusual
from tools.drawings import draw


def seen(digit: int, left: int = 50) -> bytes:
    return bytes(cv2.resize(255 - draw(digit, left=left), (28, 28), interpolation=cv2.INTER_AREA))


def test_the_drawing_that_looks_like_another_digit_is_the_most_unusual() -> None:
    images = {"a": seen(7), "b": seen(7, 52), "c": seen(7, 48), "odd": seen(0)}
    found = unusual(images, dict.fromkeys(images, "7"))
    assert max(found, key=found.__getitem__) == "odd"
    assert found["odd"] > 0.3 > found["a"]


def test_of_a_digit_with_few_drawings_none_is_unusual() -> None:
    images = {"a": seen(7), "b": seen(7), "c": seen(1)}
    assert unusual(images, {"a": "7", "b": "7", "c": "1"}) == {}


def test_blank_and_missing_images_are_no_error() -> None:
    images = {"a": bytes(784), "b": bytes(784), "c": seen(1), "d": b""}
    assert set(unusual(images, dict.fromkeys(images, "1"))) == {"a", "b", "c"}
    assert np.isfinite(list(unusual(images, dict.fromkeys(images, "1")).values())).all()
