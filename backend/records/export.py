"""Exports as files, generated in pieces: a million records need no more memory than a page of them."""

from __future__ import annotations

import csv
import io
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

import msgspec
import numpy as np

from backend.records.record import DIGITS, PUBLIC_FIELDS, Record, public

PIECE = 1 << 18  # bytes

WithSeen = Iterable[tuple[Record, bytes]]  # and the 28x28 that the network saw: 784 bytes


def jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    """One JSON object per line."""
    return _in_pieces(msgspec.json.encode(public(record)) + b"\n" for record in records)


def comma_separated(records: Iterable[Record]) -> Iterator[bytes]:
    """CSV (RFC 4180) with a header. The probabilities are the last columns, p0 to p9; other lists are JSON."""

    def lines() -> Iterator[bytes]:
        line = io.StringIO()
        writer = csv.writer(line)
        names = [field.name for field in PUBLIC_FIELDS if field.name not in ("id", "probabilities")]
        writer.writerow(["id", "date", *names, *(f"p{digit}" for digit in range(10))])
        for record in records:
            values = public(record)
            cells = (_cell(values[name]) for name in ["id", "date", *names])
            writer.writerow([*cells, *record.probabilities])
            yield line.getvalue().encode()
            line.seek(0)
            line.truncate()
        yield line.getvalue().encode()

    return _in_pieces(lines())


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"  # a spreadsheet would evaluate it as a formula
    return value


def idx(records: WithSeen) -> Iterator[bytes]:
    """MNIST's two files, images-idx3-ubyte and labels-idx1-ubyte, in a ZIP archive.

    The label is what the person meant or, if they did not say, what was read. Drawings that are not single digits are
    left out.
    """
    with tempfile.TemporaryFile() as images, tempfile.TemporaryFile() as labels:
        count = 0
        for record, seen in records:
            label = record.meant or record.read
            if label in DIGITS:
                images.write(seen)
                labels.write(bytes([int(label)]))
                count += 1
        yield from _archive(
            {
                "images-idx3-ubyte": (struct.pack(">4I", 0x803, count, 28, 28), images),
                "labels-idx1-ubyte": (struct.pack(">2I", 0x801, count), labels),
            }
        )


def npz(records: WithSeen) -> Iterator[bytes]:
    """A NumPy archive: images, uint8 (n, 28, 28); labels and read, int8 (n,), -1 for numbers and "not a digit"; meant,
    bool (n,): whether the label is from the person; otherwise it is what was read."""
    names = ("images", "labels", "read", "meant")
    with (
        tempfile.TemporaryFile() as images,
        tempfile.TemporaryFile() as labels,
        tempfile.TemporaryFile() as read,
        tempfile.TemporaryFile() as meant,
    ):
        count = 0
        for record, seen in records:
            images.write(seen)
            labels.write(struct.pack("b", _class(record.meant or record.read)))
            read.write(struct.pack("b", _class(record.read)))
            meant.write(struct.pack("?", record.meant is not None))
            count += 1
        shapes = ((count, 28, 28), (count,), (count,), (count,))
        types = ("|u1", "|i1", "|i1", "|b1")
        yield from _archive(
            {
                f"{name}.npy": (_npy_header(kind, shape), body)
                for name, kind, shape, body in zip(names, types, shapes, (images, labels, read, meant), strict=True)
            }
        )


def _class(label: str) -> int:
    return int(label) if label in DIGITS else -1


def _npy_header(kind: str, shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


def _archive(members: dict[str, tuple[bytes, IO[bytes]]]) -> Iterator[bytes]:
    """A ZIP archive whose members are each a header followed by a file, generated without seeking."""
    out = _Buffer()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (header, body) in members.items():
            body.seek(0)
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(header)
                while piece := body.read(PIECE):
                    member.write(piece)
                    yield out.take()
    yield out.take()


class _Buffer(io.RawIOBase):
    """A file that can't seek; `take` removes and returns what was written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes | memoryview) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _in_pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece: list[bytes] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    yield b"".join(piece)
