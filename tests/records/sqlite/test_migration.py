"""Files of earlier versions are migrated when they are opened, and keep everything."""

from __future__ import annotations

import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from backend.records import open_recorder
from backend.records.record import Drawing, Filter, Record, Recorded
from backend.records.sqlite.store import SqliteStore
from backend.settings import Settings
from tools.sample_records import record

# Dumps of files that the earlier program made, with `PRAGMA user_version`.
DATA = Path(__file__).parents[1] / "data"
DRAWING = Drawing(image=b"\x89PNG", media_type="image/png", seen=bytes(784), strokes=b"[[[1,2,3]]]")


def id_of(number: int) -> uuid.UUID:
    return uuid.UUID(fields=(0x1000 + number, 0x2000, 0x11F0, 0x80, number, 0x010203040506))


EXPECTED = record(id=id_of(1), expected="1")
CORRECTED = record(
    id=id_of(2),
    result="not a digit",
    verdict="not_a_digit",
    source="upload",
    file_name="x.png",
    client="192.0.2.7",
    label="4",
)
DELETED = record(id=id_of(3))
QUEUED = record(id=id_of(4), label="9")
STORED: tuple[Record, ...] = (CORRECTED, EXPECTED)  # newest first


def load(dump: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.executescript((DATA / dump).read_text())
        file.execute("UPDATE keys SET at = ?", (int(time.time()),))  # they expire after a day
        file.commit()


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    """The settings of an instance folder with a store of version 2 and an outbox of version 1."""
    load("records-version-2.sql", tmp_path / "records.sqlite")
    load("outbox-version-1.sql", tmp_path / "outbox.sqlite")
    return Settings(instance=tmp_path, record_budget_ms=10_000)


def test_a_store_of_version_2_keeps_its_records(configured: Settings) -> None:
    store = SqliteStore(configured.instance / "records.sqlite")
    assert store.page(10, None, Filter()).records == STORED
    assert [store.get(each.id) for each in STORED] == list(STORED)
    assert [store.drawing(each.id) for each in STORED] == [DRAWING, DRAWING]
    assert store.was_deleted(DELETED.id)
    assert {each.result: each.count for each in store.counts()} == {"7": 1, "not a digit": 1}
    assert {(each.meant, each.read): each.count for each in store.confusion()} == {
        ("1", "7"): 1,
        ("4", "not_a_digit"): 1,
    }
    assert store.insert(record(id=id_of(9)), DRAWING, "first", 10) == EXPECTED  # its idempotency key
    new = record(id=id_of(10), pen_widths=(22.0,))
    assert store.insert(new, DRAWING, None, 10) == new
    assert store.get(new.id) == new
    store.close()


def test_an_outbox_of_version_1_delivers_its_records(configured: Settings) -> None:
    recorder = open_recorder(configured)
    retry = recorder.record(record(id=id_of(9)), DRAWING, "fourth")
    assert retry == Recorded(record=QUEUED, state="queued")
    recorder.deliver()
    assert tuple(recorder.export(Filter())) == (QUEUED, *STORED)
    assert recorder.drawing(QUEUED.id) == DRAWING
    recorder.close()
