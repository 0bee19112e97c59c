"""PNG data URLs decode to the pixels they were made of."""

from __future__ import annotations

from base64 import b64decode

import cv2
import numpy as np
import pytest

from backend.reading.image import Image
from backend.web.encode import png_url, small_png_url


def read(url: str) -> Image:
    head, _, base64 = url.partition(",")
    assert head == "data:image/png;base64"
    pixels = cv2.imdecode(np.frombuffer(b64decode(base64), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (200, 300)])
def test_gray_images_survive_both_encoders(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(read(png_url(pixels)), pixels)
    np.testing.assert_array_equal(read(small_png_url(pixels)), pixels)


def test_transparency_survives() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 4), np.uint8)
    np.testing.assert_array_equal(read(png_url(pixels)), pixels)
