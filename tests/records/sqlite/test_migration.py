"""Files of earlier versions are migrated when they are opened, and keep everything."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from backend.records import open_recorder
from backend.records.record import Drawing, Filter, Record
from backend.records.room_events import LABELING, Labeled
from backend.records.sqlite.store import SqliteStore
from backend.records.store import Store
from backend.rooms.room import Room
from backend.settings import Settings
from tools.sample_records import record

# Dumps of files that earlier programs made, with `PRAGMA user_version`.
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
NOT_KEPT = record(id=id_of(5), verdict="unsure")
ALIAS = id_of(9)  # of EXPECTED, in version 3
# The records of each version, newest first.
STORED: dict[int, tuple[Record, ...]] = {
    2: (CORRECTED, EXPECTED),
    3: (NOT_KEPT, CORRECTED, msgspec.structs.replace(EXPECTED, pen_widths=(22.0, 9.5))),
}


@pytest.fixture(params=STORED)
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def configured(version: int, tmp_path: Path) -> Settings:
    """The settings of an instance folder with a store of this version and an outbox of version 1."""
    for dump, name in ((f"records-version-{version}.sql", "records.sqlite"), ("outbox-version-1.sql", "outbox.sqlite")):
        with closing(sqlite3.connect(tmp_path / name)) as file:
            file.executescript((DATA / dump).read_text())
    return Settings(instance=tmp_path, record_budget_ms=10_000)


def test_a_store_keeps_its_records(configured: Settings, version: int) -> None:
    store = SqliteStore(configured.instance / "records.sqlite")
    assert store.page(10, None, Filter()).records == STORED[version]
    assert [store.get(each.id) for each in STORED[version]] == list(STORED[version])
    assert [store.drawing(each.id) for each in (CORRECTED, EXPECTED)] == [DRAWING, DRAWING]
    assert {each.result: each.count for each in store.counts().days} == {
        "7": len(STORED[version]) - 1,
        "not a digit": 1,
    }
    assert {(each.meant, each.read): each.count for each in store.counts().confusion} == {
        ("1", "7"): 1,
        ("4", "not_a_digit"): 1,
    }
    new = record(id=id_of(10), pen_widths=(22.0,))
    store.insert(new, DRAWING, 10)
    assert store.get(new.id) == new
    assert store.lease([new.id], "annotator", 60, 1) == [new.id]
    store.close()


def test_what_was_deleted_stays_deleted(configured: Settings) -> None:
    store = SqliteStore(configured.instance / "records.sqlite")
    assert store.was_deleted(DELETED.id)
    store.insert(DELETED, DRAWING, 10)
    assert (store.get(DELETED.id), store.drawing(DELETED.id)) == (None, None)
    store.close()


def test_an_outbox_of_version_1_delivers_its_records(configured: Settings, version: int) -> None:
    recorder = open_recorder(configured)
    assert recorder.get(QUEUED.id) == QUEUED
    assert recorder.record(QUEUED, DRAWING) == "stored"  # a retry
    recorder.deliver()
    found = sorted(recorder.export(Filter()), key=lambda each: each.id.time)
    assert found == sorted([QUEUED, *STORED[version]], key=lambda each: each.id.time)
    assert recorder.drawing(QUEUED.id) == DRAWING
    recorder.close()


@pytest.mark.parametrize("version", [3])
def test_a_record_is_found_by_both_of_its_ids(configured: Settings) -> None:
    recorder = open_recorder(configured)
    record_of_both = recorder.get(EXPECTED.id)
    assert record_of_both is not None
    assert recorder.get(ALIAS) == record_of_both
    assert recorder.drawing(ALIAS) == DRAWING
    assert recorder.correct(ALIAS, "3") == msgspec.structs.replace(record_of_both, label="3")
    assert recorder.delete(ALIAS)
    assert recorder.get(EXPECTED.id) is None
    recorder.close()


def test_a_store_of_version_7_keeps_its_rooms(tmp_path: Path) -> None:
    """The version before several annotators shared a queue."""
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as file:
        file.executescript((DATA / "records-version-7.sql").read_text())
    with closing(SqliteStore(tmp_path / "records.sqlite")) as store:
        check_version_7(store)


def check_version_7(store: Store) -> None:
    """Check what the program of that version wrote into a store: see tests/records/data."""
    [code] = store.rooms()
    room = Room(code).after(store.events(code, None))
    [pupil] = room.pupils.values()
    drawn = record(id=id_of(6), room=code, pupil=pupil.id, expected="7")
    first = msgspec.structs.replace(EXPECTED, pen_widths=(22.0, 9.5), owner="x" * 24)
    assert list(store.page(10, None, Filter()).records) == [drawn, CORRECTED, first]
    assert store.drawing(drawn.id) == DRAWING
    assert store.was_deleted(DELETED.id)
    assert (room.is_open, room.keep, pupil.nickname, room.task is not None) == (True, True, "Ada", True)
    assert {each.record: each.votes for each in room.wall} == {drawn.id: {pupil.id: "1"}}

    assert store.correct(drawn.id, "1") is not None
    assert room.after(store.events(code, room.last)).drawings[drawn.id].label == "1"
    labeled = Labeled(record=drawn.id, annotator="ada", label="1")
    assert store.lease([drawn.id], "ada", 60, 1) == [drawn.id]
    store.add_event(LABELING, labeled)
    assert [event for _, event in store.events(LABELING, None)] == [labeled]
