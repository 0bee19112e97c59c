"""Damaged inputs, made by Hypothesis from the seeds: bits are flipped, bytes are replaced, moved and cut off, and the
check sums of PNGs are corrected, without which most damage would end at them."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable

from hypothesis import strategies as st

from tools.attack import seeds
from tools.drawings import as_data_url, as_file

Edit = Callable[[bytes], bytes]
PARTS = [b"\xff", b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xda", b"IDAT", b"VP8X", b'"', b"\\ud800", b"\r\n"]


def _flip(at: int, bit: int) -> Edit:
    def edit(data: bytes) -> bytes:
        at_ = at % max(len(data), 1)
        return data[:at_] + bytes(each ^ 1 << bit for each in data[at_ : at_ + 1]) + data[at_ + 1 :]

    return edit


def _replace(at: int, removed: int, part: bytes) -> Edit:
    def edit(data: bytes) -> bytes:
        at_ = at % max(len(data), 1)
        return data[:at_] + part + data[at_ + removed :]

    return edit


def _truncate(at: int) -> Edit:
    return lambda data: data[: at % max(len(data), 1)]


def correct_sums(png: bytes) -> bytes:
    """The same file with the right CRC-32 of every chunk."""
    parts, at = [png[:8]], 8
    while at + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        end = at + 8 + length
        parts += [png[at:end], zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")]
        at = end + 4
    return b"".join(parts)


positions = st.integers(0, 2**13)
edits = st.one_of(
    st.builds(_flip, positions, st.integers(0, 7)),
    st.builds(_flip, st.integers(0, 60), st.integers(0, 7)),  # in the head
    st.builds(_replace, positions, st.integers(0, 30), st.sampled_from(PARTS) | st.binary(max_size=8)),
    st.builds(_truncate, positions),
)


def _apply(data: bytes, some: list[Edit]) -> bytes:
    for edit in some:
        data = edit(data)
    return data


def damaged(some: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(_apply, some, st.lists(edits, max_size=4))


images = damaged(st.sampled_from(seeds.images()))
images = images | images.map(correct_sums)
isolated_images = damaged(st.sampled_from(seeds.isolated_images()))
bombs = damaged(st.sampled_from(seeds.bombs()))
numbers = st.floats() | st.integers()
fields = st.fixed_dictionaries(
    {"image": st.just(as_data_url(as_file(seeds.DIGIT))) | st.text()},
    optional={
        "expected": st.sampled_from("0123456789") | st.text(max_size=2) | st.none(),
        "strokes": st.lists(st.lists(st.tuples(numbers, numbers, numbers), max_size=3), max_size=3) | st.text(),
        "pen_widths": st.lists(numbers, max_size=3),
        "source": st.sampled_from(["canvas", "upload", "fax"]),
        "file_name": st.text(),
    },
)
json_requests = fields.map(lambda each: b"\napplication/json\n\n" + json.dumps(each).encode())
requests = damaged(st.sampled_from(list(seeds.requests()))) | json_requests
with_images = st.one_of(
    images.map(lambda image: b"\n\n\n" + as_data_url(image).encode()),
    images.map(lambda image: f"\nmultipart/form-data; boundary={seeds.BOUNDARY}\n\n".encode() + seeds.form(image)),
)
inputs = st.one_of(  # most are decoded only, which is fast
    *[images.map(lambda data: b"d" + data)] * 4,
    *[requests.map(lambda data: b"r" + data)] * 2,
    requests.map(lambda data: b"p" + data),
    with_images.map(lambda data: b"p" + data),
)
rare = isolated_images.map(lambda data: b"d" + data)
