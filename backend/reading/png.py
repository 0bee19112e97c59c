"""Decodes the PNGs that browsers and imaging libraries write, three to five times as fast as OpenCV.

Most of the time that OpenCV takes for a PNG is spent in zlib. libdeflate inflates ten times as fast, but no PNG
decoder for Python uses it. So the image data are inflated here, and pyspng (libspng) undoes the row filters of the
same PNG with its data stored uncompressed. Unusual PNGs are left to OpenCV.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import cv2
import deflate
import numpy as np
import pyspng

from backend.reading.image import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNK = struct.Struct(">I4s")  # length and name; the data and their CRC-32 follow
HEADER = struct.Struct(">IIBBBBB")  # width, height, bit depth, color type, compression, filter method, interlacing
GRAY, RGB, RGBA = 0, 2, 6  # color types
CHANNELS = {GRAY: 1, RGB: 3, RGBA: 4}
LEFT_TO_OPENCV = (b"tRNS", b"eXIf", b"acTL")  # ancillary chunks that change the pixels
MAX_PIXELS = 2**20  # a larger image is left to OpenCV, since it is copied several times here


def read_png(png: bytes) -> Image | None:
    """Decode an 8-bit gray, RGB or RGBA PNG that isn't interlaced.

    Returns (H, W) if all pixels are gray and opaque, else (H, W, 3) BGR or (H, W, 4) BGRA; None for any other kind
    of PNG, or a damaged one.
    """
    try:
        header, data = _header_and_data(png)
        width, height, depth, color, *methods = HEADER.unpack(header)
        if depth != 8 or color not in CHANNELS or any(methods) or not 0 < width * height <= MAX_PIXELS:
            return None
        size = height * (1 + width * CHANNELS[color])  # each row begins with its filter
        inflated = deflate.zlib_decompress(data, size)  # fails if there is more
        if len(inflated) != size:
            return None
        rows = np.frombuffer(inflated, np.uint8).reshape(height, -1)
        if color == GRAY and not rows[:, 0].any():
            return rows[:, 1:]  # no row is filtered, as in the PNGs of Digitpad's page
        stored = deflate.zlib_compress(inflated, 0)
        pixels = pyspng.load(
            b"".join([SIGNATURE, *_as_chunk(b"IHDR", header), *_as_chunk(b"IDAT", stored), *_as_chunk(b"IEND", b"")])
        )
    except (ValueError, struct.error, deflate.DeflateError, RuntimeError):  # the last is pyspng's
        return None
    if pixels.ndim == 2:
        return pixels
    gray = _as_gray(pixels)
    if gray is not None:
        return gray
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)


def has_whole_chunks(png: bytes) -> bool:
    """Whether every chunk, up to IEND, is within the file.

    OpenCV allocates as much memory as the length of a chunk says, which in a damaged file may be 4 GiB, and takes up to
    half a minute to do so.
    """
    try:
        return sum(1 for _ in _chunk_positions(png)) > 0
    except ValueError:
        return False


def _header_and_data(png: bytes) -> tuple[bytes, bytes]:
    """The data of IHDR and of all IDAT chunks. Raises ValueError if the PNG is damaged or left to OpenCV."""
    parts: dict[bytes, list[bytes]] = {b"IHDR": [], b"IDAT": []}
    previous = b""
    for name, data in _chunks(png):
        if name in parts and (not parts[name] or previous == name):
            parts[name].append(data)
        elif name in LEFT_TO_OPENCV or not (name.isalpha() and name[:1].islower()):  # uppercase: a critical chunk
            raise ValueError("a chunk that affects the pixels")
        previous = name
    return b"".join(parts[b"IHDR"]), b"".join(parts[b"IDAT"])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each chunk before IEND. Raises ValueError if one is damaged or missing."""
    for name, start, end in _chunk_positions(png):
        if deflate.crc32(png[start - 4 : end]).to_bytes(4, "big") != png[end : end + 4]:
            raise ValueError("a damaged chunk")
        if name != b"IEND":
            yield name, png[start:end]


def _chunk_positions(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the data of each chunk, up to IEND. Raises ValueError if one is not within the file."""
    if not png.startswith(SIGNATURE):
        raise ValueError("no signature")
    start = len(SIGNATURE)
    name = b""
    while name != b"IEND":
        if start + 12 > len(png):
            raise ValueError("no end")
        length, name = CHUNK.unpack_from(png, start)
        end = start + 8 + length
        if end + 4 > len(png):
            raise ValueError("a chunk that is longer than the file")
        yield name, start + 8, end
        start = end + 4


def _as_chunk(name: bytes, data: bytes | bytearray) -> tuple[bytes | bytearray, ...]:
    return CHUNK.pack(len(data), name), data, deflate.crc32(data, deflate.crc32(name)).to_bytes(4, "big")


def _as_gray(pixels: Image) -> Image | None:
    """(H, W) if RGB or RGBA pixels are gray and opaque throughout, else None."""
    if pixels.shape[2] == 4 and pixels[0, 0, 3] != 255:
        return None
    gray = cv2.extractChannel(pixels, 0)
    in_color = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGBA if pixels.shape[2] == 4 else cv2.COLOR_GRAY2RGB)
    return gray if cv2.norm(in_color, pixels, cv2.NORM_INF) == 0 else None
