"""What the fuzzers start from: images of every type, bombs, and requests of every kind."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np

from backend.records.ids import new_key
from backend.settings import TOP
from tools.bench.decoders import chunk, encode_png
from tools.drawings import as_data_url, as_file, draw

DIGIT = draw(7, size=40, side=26, left=7, top=7, pen=3)  # small, so that many inputs are tried
COLOR = np.dstack([DIGIT, DIGIT // 2, 255 - DIGIT])
ALPHA = np.dstack([COLOR, 255 - DIGIT])
EXIF = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)  # orientation 6
HEIC = [path.read_bytes() for path in sorted((TOP / "tests" / "reading" / "heic").iterdir())]
FOUND = TOP / "tests" / "reading" / "data"  # earlier findings


def png(width: int, height: int, depth: int, color: int, rows: bytes, *between: bytes, interlacing: int = 0) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlacing))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_exif(jpeg: bytes) -> bytes:
    block = b"Exif\0\0" + EXIF
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def tiff(width: int, height: int, strip: bytes, *entries: tuple[int, int], strips: int = 1) -> bytes:
    """Gray of 8 bits, unless `entries` (tag and value) say otherwise; all strips are the same bytes of the file."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 277: 1, 278: -(-height // strips)} | dict(entries)
    arrays = 8 + 2 + 12 * (len(tags) + 2) + 4  # where the offsets of the strips are, and then their lengths
    start = arrays + 8 * strips
    fields = {tag: (1, value) for tag, value in tags.items()}
    many = {273: (strips, arrays), 279: (strips, arrays + 4 * strips)}
    fields |= many if strips > 1 else {273: (1, start), 279: (1, len(strip))}
    directory = b"".join(struct.pack("<HHII", tag, 4, *fields[tag]) for tag in sorted(fields))
    offsets = struct.pack(f"<{2 * strips}I", *[start] * strips, *[len(strip)] * strips)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + directory + bytes(4) + offsets + strip


def images() -> list[bytes]:
    options: list[list[int]] = [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]]
    jpegs = [cv2.imencode(".jpg", COLOR, each)[1].tobytes() for each in options]
    lossy = cv2.imencode(".webp", COLOR, [cv2.IMWRITE_WEBP_QUALITY, 50])[1].tobytes()
    palette, transparent = chunk(b"PLTE", bytes(range(12))), chunk(b"tRNS", bytes([0, 255]))
    return [
        *(as_file(each, suffix) for suffix in (".png", ".bmp", ".webp") for each in (DIGIT, COLOR, ALPHA)),
        *(encode_png(each, "adaptive", before_data=chunk(b"eXIf", EXIF)) for each in (DIGIT, COLOR, ALPHA)),
        as_file(DIGIT.astype(np.uint16) * 257),
        as_file(ALPHA.astype(np.uint16) * 257),
        png(8, 1, 2, 3, b"\0\x1b\xe4", palette, transparent),
        png(8, 8, 1, 0, b"\0\xaa" * 8),
        png(8, 8, 8, 4, (b"\4" + bytes(range(16))) * 8),
        png(8, 8, 8, 6, bytes(8 * 8 * 4 + 15), interlacing=1),
        *jpegs,
        as_file(DIGIT, ".jpg"),
        with_exif(jpegs[0]),
        lossy,
    ]


def isolated_images() -> list[bytes]:
    """Images that are decoded in a process of their own, which takes longer than all else."""
    return [
        *(as_file(COLOR, suffix) for suffix in (".gif", ".tiff", ".avif")),
        as_file(ALPHA.astype(np.uint16) * 257, ".tiff"),
        tiff(1, 1, bytes(4), (262, 5), (277, 4)),  # CMYK
        *HEIC,
    ]


def bombs() -> list[bytes]:
    """Few bytes, but as many pixels as are accepted, or more; and earlier findings."""
    return [
        *(path.read_bytes() for path in sorted(FOUND.iterdir())),
        png(2000, 2000, 16, 6, bytes(16001 * 2000)),
        png(5000, 5000, 8, 0, bytes(5001 * 5000)),
        png(20_000, 20_000, 1, 0, bytes(2501 * 20_000)),
        *(as_file(np.zeros((3000, 3000, 3), np.uint8), suffix) for suffix in (".jpg", ".gif", ".tiff", ".avif")),
        tiff(5000, 5000, zlib.compress(bytes(25_000_000)), (259, 8)),
        tiff(40, 40, bytes(1600), (259, 8), (322, 60_000), (323, 60_000), (324, 200), (325, 1600)),
        as_file(np.zeros((3000, 3000, 3), np.uint8), ".webp"),
    ]


BOUNDARY = "0123456789"


def form(image: bytes, expected: str = "7", file_name: str = "seven.png") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="{file_name}"\r\n\r\n'
    field = f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="expected"\r\n\r\n{expected}'
    return head.encode() + image + f"{field}\r\n--{BOUNDARY}--\r\n".encode()


def requests() -> Iterator[bytes]:
    """Requests as targets.py takes them: a line with the query string, one with the content type, one with the key,
    then the body."""
    url = as_data_url(as_file(DIGIT))
    fields = {"image": url, "strokes": [[[1, 2, 0], [3.5, 4, 16]]], "pen_widths": [22], "expected": "7"}
    bodies = [
        ("text/plain", url.encode()),
        ("application/json", json.dumps(fields).encode()),
        ("application/json", json.dumps({"image": url, "source": "upload", "file_name": "é/\u202e😀.png"}).encode()),
        (f"multipart/form-data; boundary={BOUNDARY}", form(as_file(DIGIT))),
        (f"multipart/form-data; boundary={BOUNDARY}", form(as_file(COLOR, ".jpg"), file_name="%22<b>.jpg")),
        ("application/x-www-form-urlencoded", b"image=7&expected=7"),
        ("", b"{}"),
    ]
    for query in ("", "record=false"):
        for content_type, body in bodies:
            yield "\n".join([query, content_type, str(new_key())]).encode() + b"\n" + body
