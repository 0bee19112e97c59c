"""Records as files, made a piece at a time: a million rows need no more memory than a page."""

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

from backend.records.ids import date_text
from backend.records.record import Record

PIECE = 1 << 18  # bytes

FIELDS = (
    *("id", "date", "result", "digit", "confidence", "verdict", "source"),
    *("file_name", "expected", "label", "model_version"),
)

Seen = Iterable[tuple[Record, bytes]]  # with the 28x28 that the network saw: 784 bytes


def as_json(record: Record) -> dict[str, object]:
    """A record as every answer shows it; its client's address is for the operator alone."""
    return {
        "id": str(record.id),
        "date": date_text(record.id),
        "result": record.result,
        "digit": record.digit,
        "confidence": record.confidence,
        "probabilities": record.probabilities,
        "verdict": record.verdict,
        "source": record.source,
        "file_name": record.file_name,
        "expected": record.expected,
        "label": record.label,
        "model_version": record.model_version,
    }


def jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    return _in_pieces(msgspec.json.encode(as_json(record)) + b"\n" for record in records)


def comma_separated(records: Iterable[Record]) -> Iterator[bytes]:
    """RFC 4180 with a header; the probabilities are the columns p0 to p9."""

    def lines() -> Iterator[bytes]:
        line = io.StringIO()
        writer = csv.writer(line)
        writer.writerow((*FIELDS, *(f"p{digit}" for digit in range(10))))
        for record in records:
            values = as_json(record)
            writer.writerow([*(_harmless(values[name]) for name in FIELDS), *record.probabilities])
            yield line.getvalue().encode()
            line.seek(0)
            line.truncate()
        yield line.getvalue().encode()

    return _in_pieces(lines())


def idx(records: Seen) -> Iterator[bytes]:
    """MNIST's pair, images-idx3-ubyte and labels-idx1-ubyte, in a ZIP archive.

    A label is what the person meant or, where they didn't say, what was read; what is not a digit
    is left out.
    """
    with tempfile.TemporaryFile() as images, tempfile.TemporaryFile() as labels:
        count = 0
        for record, seen in records:
            label = record.meant or record.read
            if label.isdecimal():
                images.write(seen)
                labels.write(bytes([int(label)]))
                count += 1
        yield from _archive(
            {
                "images-idx3-ubyte": (struct.pack(">4I", 0x803, count, 28, 28), images),
                "labels-idx1-ubyte": (struct.pack(">2I", 0x801, count), labels),
            }
        )


def npz(records: Seen) -> Iterator[bytes]:
    """NumPy's archive of images (n, 28, 28) uint8, labels and read (n,) int8 (-1: not a digit), and
    meant (n,) bool: whether the label is the person's word or only what was read."""
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
    return int(label) if label.isdecimal() else -1


def _harmless(value: object) -> object:
    """A text that a spreadsheet would run as a formula, with the quote that keeps it from that."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _npy_header(kind: str, shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


def _archive(members: dict[str, tuple[bytes, IO[bytes]]]) -> Iterator[bytes]:
    """A ZIP archive of members that each have a head and a file; the sizes come after each."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (head, body) in members.items():
            body.seek(0)
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(head)
                while piece := body.read(PIECE):
                    member.write(piece)
                    yield out.taken()
    yield out.taken()


class _Pipe(io.RawIOBase):
    """A file that can't seek, from which the caller takes what was written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes | memoryview) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
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
