"""PNGs are decoded to the same pixels as OpenCV decodes them to, or left to OpenCV."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.reading.image import Image
from backend.reading.png import MAX_PIXELS, has_whole_chunks, read_png
from tools.bench.decoders import AVERAGE, NONE, PAETH, SUB, UP, RowFilter, chunk, encode_png, samples
from tools.drawings import SEVEN

SAMPLES = samples()


def opencv(png: bytes) -> Image:
    """The pixels according to OpenCV, (H, W) if they are gray and opaque throughout."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    if pixels.ndim == 2:
        return pixels
    gray = pixels[:, :, 0]
    opaque = pixels.shape[2] == 3 or (pixels[:, :, 3] == 255).all()
    return gray if opaque and (pixels[:, :, :3] == gray[:, :, None]).all() else pixels


def noise(height: int, width: int, channels: int, seed: int) -> Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    return pixels[:, :, 0] if channels == 1 else pixels


@pytest.mark.parametrize("encoder", SAMPLES)
def test_drawings_of_every_encoder_decode_as_with_opencv(encoder: str) -> None:
    for png in SAMPLES[encoder]:
        pixels = read_png(png)
        assert pixels is not None
        np.testing.assert_array_equal(pixels, opencv(png))


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.sampled_from([1, 3, 4]),
    seed=st.integers(0),
    row_filter=st.sampled_from([NONE, SUB, UP, AVERAGE, PAETH, "adaptive"]),
    idat_chunks=st.integers(1, 3),
    kind=st.sampled_from(["any", "opaque", "gray"]),
)
def test_any_pixels_decode_as_with_opencv(
    height: int, width: int, channels: int, seed: int, row_filter: RowFilter, idat_chunks: int, kind: str
) -> None:
    pixels = noise(height, width, channels, seed)
    if kind == "gray" and channels > 1:
        pixels[:] = pixels[:, :, :1]
    if kind != "any" and channels == 4:
        pixels[:, :, 3] = 255
    png = encode_png(pixels, row_filter, idat_chunks=idat_chunks)
    decoded = read_png(png)
    assert decoded is not None
    assert decoded.ndim == (2 if kind == "gray" else opencv(png).ndim)
    np.testing.assert_array_equal(decoded, opencv(png))


def test_chunks_that_describe_the_image_do_not_matter() -> None:
    pixels = noise(9, 9, 4, 0)
    text = chunk(b"tEXt", b"Software\0any")
    decoded = read_png(encode_png(pixels, UP, before_data=text))
    np.testing.assert_array_equal(decoded, cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA))


@pytest.mark.parametrize("name", [b"tRNS", b"eXIf", b"acTL", b"PLTE", b"ABCD", b"IHDR", b"IDAT", b"de,G"])
def test_chunks_that_may_change_the_pixels_are_left_to_opencv(name: bytes) -> None:
    png = encode_png(noise(9, 9, 3, 0), UP, before_data=chunk(name, bytes(6)) + chunk(b"tEXt", b"a\0b"))
    assert read_png(png) is None


@pytest.mark.parametrize(
    ("side", "depth", "color", "interlacing"),
    [(2, 16, 6, 0), (2, 8, 3, 0), (2, 8, 4, 0), (2, 8, 6, 1), (0, 8, 6, 0)],
    ids=["16 bits", "palette", "gray and alpha", "interlaced", "no pixels"],
)
def test_other_kinds_are_left_to_opencv(side: int, depth: int, color: int, interlacing: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, depth, color, 0, 0, interlacing)
    png = encode_png(noise(2, 2, 4, 0), NONE)
    assert read_png(png[:8] + chunk(b"IHDR", header) + png[33:]) is None


def test_very_large_images_are_left_to_opencv() -> None:
    assert read_png(encode_png(np.zeros((1, MAX_PIXELS), np.uint8), NONE)) is not None
    assert read_png(encode_png(np.zeros((1, MAX_PIXELS + 1), np.uint8), NONE)) is None


@given(st.integers(0), st.binary(max_size=4), st.booleans(), st.sampled_from([1, 3, 4]))
def test_a_damaged_image_is_never_decoded_to_other_pixels(at: int, put: bytes, cut: bool, channels: int) -> None:
    png = encode_png(noise(12, 12, channels, 1), "adaptive")
    at %= len(png)
    damaged = png[:at] if cut else png[:at] + put + png[at + 1 :]
    pixels = read_png(damaged)
    if pixels is not None:
        np.testing.assert_array_equal(pixels, opencv(damaged))


@pytest.mark.parametrize("end", [len(SEVEN) - 1, len(SEVEN) - 12, len(SEVEN) // 2, 33, 20, 8, 0])
def test_a_truncated_image_is_not_decoded(end: int) -> None:
    assert read_png(SEVEN) is not None
    assert read_png(SEVEN[:end]) is None


@pytest.mark.parametrize("rows", [bytes([5, 0, 0, 0, 0]) * 2, bytes(9), bytes(11), b""])
def test_rows_that_do_not_fit_the_header_are_not_decoded(rows: bytes) -> None:
    png = encode_png(np.zeros((2, 4), np.uint8), NONE)
    assert read_png(png[:33] + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")) is None


def test_a_decompression_bomb_is_not_inflated() -> None:
    png = encode_png(np.zeros((2, 2), np.uint8), NONE)
    assert read_png(png[:33] + chunk(b"IDAT", zlib.compress(bytes(50_000_000))) + chunk(b"IEND", b"")) is None


def test_chunks_are_whole_if_they_end_within_the_file() -> None:
    assert has_whole_chunks(SEVEN)
    assert has_whole_chunks(SEVEN + b"anything")
    for end in (len(SEVEN) - 1, len(SEVEN) - 12, len(SEVEN) // 2, 33, 8, 0):
        assert not has_whole_chunks(SEVEN[:end])
    longer = struct.pack(">I", len(SEVEN))
    assert not has_whole_chunks(SEVEN[:33] + longer + SEVEN[37:])
