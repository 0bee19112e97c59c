"""The labeled drawings as a dataset that others can use: a folder with numbers, tables, strokes and a card."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.labeling.queue import Queue
from backend.records.ids import date_text
from backend.records.record import DIGITS, Drawing, Filter, Record
from backend.records.recorder import Recorder
from backend.records.writers import by_writer

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.9)  # of the writers, cumulative: train up to the first, validation up to the second
COLUMNS = ("id", "date", "split", "writer", "label", "agreed", "annotators", "read", "verdict", "confidence", "source")
CARD = Template((Path(__file__).parent / "card.md").read_text())
NOT_LICENSED = "None is stated. Ask whoever gave you this dataset before you share it."


class Labeled(NamedTuple):
    """A record that people have labeled."""

    record: Record
    drawing: Drawing
    writer: str  # a number, the same for all drawings of a writer in this dataset
    split: str


def write_dataset(folder: Path, recorder: Recorder, license_: str | None = None) -> int:
    """Write all drawings that people have labeled into a new or empty folder, and return how many.

    Raises FileExistsError if something is in the folder, and RecorderUnavailable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; give a new folder.")
    queue = Queue(recorder)
    labels = queue.labels(fresh=True)
    annotators: dict[str, str] = {}
    counts = {split: Counter[str]() for split in SPLITS}
    writers = {split: set[str]() for split in SPLITS}
    arrays: dict[str, list[tuple[bytes, int]]] = {split: [] for split in SPLITS}
    with (folder / "drawings.csv").open("w", newline="") as table, (folder / "strokes.jsonl").open("wb") as strokes:
        rows = csv.writer(table)
        rows.writerow(COLUMNS)
        for each in _labeled(recorder):
            record = each.record
            given = {
                annotators.setdefault(who, f"a{len(annotators) + 1}"): what
                for who, what in labels.of(record.id).items()
            }
            agreed = labels.agreed(record.id) == record.label
            rows.writerow(
                (
                    *(record.id, date_text(record.id), each.split, each.writer, record.label, agreed),
                    *(json.dumps(given), record.read, record.verdict, record.confidence, record.source),
                )
            )
            strokes.write(b'{"id":"%s","strokes":%s}\n' % (str(record.id).encode(), each.drawing.strokes or b"null"))
            counts[each.split][record.label or ""] += 1
            writers[each.split].add(each.writer)
            if record.label in DIGITS:
                arrays[each.split].append((each.drawing.seen, int(record.label)))
    np.savez_compressed(folder / "digits.npz", **_arrays(arrays))  # type: ignore[arg-type] # its names are ours
    errors = [str(record.id) for record in queue.label_errors()]
    kappa = labels.kappa()
    drawings = sum(each.total() for each in counts.values())
    card = CARD.substitute(
        drawings=drawings,
        day=datetime.now(UTC).date().isoformat(),
        counts=_counts(counts, writers),
        annotators=len(annotators),
        kappa="unknown" if kappa is None else f"{kappa:.3f}",
        disagreements=len(labels.disagreements()),
        errors=", ".join(errors) or "none",
        license=license_ or NOT_LICENSED,
    )
    (folder / "README.md").write_text(card)
    return drawings


def split_of(writer: str) -> str:
    """By a digest of the writer, so that a writer stays in one split whenever the dataset is written."""
    share = int.from_bytes(hashlib.blake2b(writer.encode(), digest_size=8).digest()) / 2**64
    return SPLITS[sum(share >= limit for limit in SHARES)]


def _labeled(recorder: Recorder) -> Iterator[Labeled]:
    """The labeled records whose drawing was kept, newest first."""
    writer_of, numbers = by_writer(), dict[str, str]()
    for record in recorder.export(Filter()):
        writer = writer_of(record)  # needs all records
        drawing = None if record.label is None else recorder.drawing(record.id)
        if drawing is not None and drawing.seen:
            number = numbers.setdefault(writer, f"w{len(numbers) + 1}")
            yield Labeled(record, drawing, number, split_of(writer))


def _arrays(found: dict[str, list[tuple[bytes, int]]]) -> dict[str, NDArray[np.uint8]]:
    """The contents of digits.npz: of each split the images (n, 28, 28), 0 paper to 255 ink, and the labels (n,)."""
    arrays: dict[str, NDArray[np.uint8]] = {}
    for split, pairs in found.items():
        images = np.frombuffer(b"".join(image for image, _ in pairs), np.uint8)
        arrays[f"{split}_images"] = images.reshape(-1, 28, 28)
        arrays[f"{split}_labels"] = np.array([label for _, label in pairs], np.uint8)
    return arrays


def _counts(counts: dict[str, Counter[str]], writers: dict[str, set[str]]) -> str:
    """The rows of the card's table."""
    rows = []
    for split, found in counts.items():
        known = [found[name] for name in (*DIGITS, "not_a_digit")]
        cells = (split, len(writers[split]), *known, found.total() - sum(known))
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)
