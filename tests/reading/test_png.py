"""A canvas's PNG is read as OpenCV reads it, to the pixel, or left to OpenCV."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.reading.decode import Pixels
from backend.reading.png import read_quick_png
from backend.settings import TOP
from tools.drawings import SEVEN

CHROMIUM = json.loads((TOP / "tools" / "bench" / "drawings.json").read_text())


def opencv(png: bytes) -> Pixels:
    """As OpenCV reads it; gray where all is opaque and gray."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    if pixels.ndim == 2:
        return pixels
    blue, green, red, alpha = np.moveaxis(pixels, 2, 0)
    return blue if (blue == green).all() and (green == red).all() and (alpha == 255).all() else pixels


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def write(pixels: Pixels, row_filter: int = 2, pieces: int = 1, between: bytes = b"") -> bytes:
    """A PNG. pixels: (H, W, 4) RGBA, as a canvas writes it, or (H, W) gray, as the page does with filter 0."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    steps = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint8)) if row_filter == 2 else rows
    packed = zlib.compress(np.insert(steps, 0, row_filter, axis=1).tobytes())
    size = len(packed) // pieces + 1
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6 if pixels.ndim == 3 else 0, 0, 0, 0)),
            between,
            *(chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size)),
            chunk(b"IEND", b""),
        ]
    )


def noise(height: int, width: int, seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


@pytest.mark.parametrize("kind", ["white", "transparent"])
def test_what_chromium_sends_is_read_as_opencv_reads_it(kind: str) -> None:
    for url in CHROMIUM[kind]:
        png = b64decode(url.partition(",")[2])
        ours = read_quick_png(png)
        assert ours is not None
        np.testing.assert_array_equal(ours, opencv(png))


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(0),
    st.sampled_from(["any", "opaque", "gray"]),
)
def test_any_picture_is_read_as_opencv_reads_it(height: int, width: int, pieces: int, seed: int, kind: str) -> None:
    pixels = noise(height, width, seed)
    if kind == "gray":
        pixels[:] = pixels[:, :, :1]
    if kind != "any":
        pixels[:, :, 3] = 255
    png = write(pixels, pieces=pieces)
    ours = read_quick_png(png)
    assert ours is not None
    assert ours.ndim == (2 if kind == "gray" else opencv(png).ndim)
    np.testing.assert_array_equal(ours, opencv(png))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0))
def test_unfiltered_gray_is_read_as_opencv_reads_it(height: int, width: int, pieces: int, seed: int) -> None:
    png = write(noise(height, width, seed)[:, :, 0], row_filter=0, pieces=pieces)
    ours = read_quick_png(png)
    assert ours is not None
    np.testing.assert_array_equal(ours, opencv(png))


def test_pngs_of_another_kind_are_left_to_opencv() -> None:
    pixels = noise(9, 9, 0)
    assert read_quick_png(SEVEN) is None, "gray, filtered"
    assert read_quick_png(write(pixels[:, :, 0])) is None, "gray, filtered"
    assert read_quick_png(write(pixels, row_filter=0)) is None, "another filter"
    assert read_quick_png(write(pixels, between=chunk(b"tEXt", b"a\0b"))) is None, "other chunks, which may matter"


@given(st.integers(1), st.binary(max_size=4), st.booleans(), st.booleans())
def test_what_is_damaged_is_never_read_as_another_picture(at: int, put: bytes, cut: bool, gray: bool) -> None:
    pixels = noise(12, 12, 1)
    png = write(pixels[:, :, 0], row_filter=0) if gray else write(pixels)
    at %= len(png)
    damaged = png[:at] if cut else png[:at] + put + png[at + 1 :]
    ours = read_quick_png(damaged)
    if ours is not None:
        np.testing.assert_array_equal(ours, opencv(png))


def test_a_bomb_is_not_inflated() -> None:
    small_picture = struct.pack(">IIBBBBB", 2, 2, 8, 6, 0, 0, 0)
    parts = [chunk(b"IHDR", small_picture), chunk(b"IDAT", zlib.compress(bytes(50_000_000))), chunk(b"IEND", b"")]
    assert read_quick_png(b"\x89PNG\r\n\x1a\n" + b"".join(parts)) is None


def test_very_large_pictures_are_left_to_opencv() -> None:
    assert read_quick_png(write(np.zeros((1025, 1024, 4), np.uint8))) is None
