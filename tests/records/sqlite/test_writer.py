from __future__ import annotations

import os
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.records.record import Record, RecorderUnavailable
from backend.records.sqlite.store import SqliteStore
from backend.records.sqlite.writer import LARGEST, Writer
from tests.records.making import Era, drawing

BUDGET = 5.0  # seconds
DRAWING = drawing()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    writer = Writer(path)
    writer.start()
    yield writer
    writer.close()


@pytest.fixture
def store(path: Path, writer: Writer) -> Iterator[SqliteStore]:
    store = SqliteStore(path, writer)
    store.start()
    yield store
    store.close()


def pid(writer: Writer) -> int:
    """Of its process, which may just be starting."""
    end = time.monotonic() + 10
    while writer.process is None or not writer.process.is_alive():
        assert time.monotonic() < end
        time.sleep(0.01)
    return writer.process.pid or 0


@contextmanager
def stopped(writer: Writer) -> Iterator[None]:
    os.kill(pid(writer), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid(writer), signal.SIGCONT)


def written(path: Path) -> set[uuid.UUID]:
    connection = sqlite3.connect(path)
    try:
        return {uuid.UUID(bytes=row[0]) for row in connection.execute("SELECT id FROM records")}
    finally:
        connection.close()


def test_what_is_handed_in_is_on_the_disk_when_the_id_comes_back(path: Path, writer: Writer, era: Era) -> None:
    given = era.record()
    assert writer.add(given, DRAWING, None, BUDGET) == given.id
    assert written(path) == {given.id}


def test_a_store_with_a_writer_leaves_its_records_to_it(writer: Writer, store: SqliteStore, era: Era) -> None:
    given = era.record()
    assert store.add(given, DRAWING, None, BUDGET) == given
    assert store.drawing(given.id) == DRAWING
    with stopped(writer), pytest.raises(RecorderUnavailable):
        store.add(era.record(1), DRAWING, None, 0.2)


def test_many_threads_share_it(path: Path, writer: Writer, era: Era) -> None:
    given = [era.record(second) for second in range(200)]
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda each: writer.add(each, DRAWING, str(each.id), BUDGET), given))
    assert ids == [each.id for each in given]
    assert written(path) == set(ids)


def test_a_key_that_was_used_gives_the_earlier_id_and_writes_nothing(path: Path, writer: Writer, era: Era) -> None:
    first, second = era.record(), era.record(1)
    assert writer.add(first, DRAWING, "a key", BUDGET) == first.id
    assert writer.add(second, DRAWING, "a key", BUDGET) == first.id
    assert written(path) == {first.id}


def test_a_drawing_too_large_to_hand_in_is_written_by_the_store_itself(
    path: Path, writer: Writer, store: SqliteStore, era: Era
) -> None:
    given, large = era.record(), drawing(image=bytes(LARGEST))
    assert writer.add(given, large, None, BUDGET) is None
    store.add(given, large, None, BUDGET)
    assert store.drawing(given.id) == large
    smaller = era.record(1)
    assert writer.add(smaller, drawing(image=bytes(LARGEST - 5000)), None, BUDGET) == smaller.id


def test_a_writer_that_dies_is_replaced_and_what_it_was_asked_can_be_asked_again(
    path: Path, writer: Writer, era: Era
) -> None:
    def add(given: Record) -> uuid.UUID:
        while (added := writer.add(given, DRAWING, str(given.id), BUDGET)) is None:
            pass
        return added

    given = [era.record(second) for second in range(300)]
    killed = set()
    with ThreadPoolExecutor(8) as pool:
        added = [pool.submit(add, each) for each in given]
        for done in (50, 150, 250):
            added[done].result()
            killed.add(pid(writer))
            os.kill(pid(writer), signal.SIGKILL)
        assert [each.result() for each in added] == [each.id for each in given]
    assert written(path) == {each.id for each in given}
    assert pid(writer) not in killed


def test_a_writer_that_has_stopped_is_not_waited_for_longer_than_one_may(path: Path, writer: Writer, era: Era) -> None:
    writer.add(era.record(), DRAWING, None, BUDGET)
    with stopped(writer):
        begun = time.monotonic()
        with pytest.raises(RecorderUnavailable, match="didn't answer within"):
            writer.add(era.record(1), DRAWING, None, 0.2)
        assert time.monotonic() - begun < 2
    later = era.record(2)
    assert writer.add(later, DRAWING, None, BUDGET) == later.id  # and not that of what came too late


def test_a_file_that_cannot_be_written_is_said_in_words(path: Path, writer: Writer, era: Era) -> None:
    path.write_text("This is no database." * 100)
    with pytest.raises(RecorderUnavailable, match=r"records\.sqlite can't be used"):
        writer.add(era.record(), DRAWING, None, BUDGET)


def test_it_ends_with_the_last_who_could_hand_anything_in(path: Path) -> None:
    writer = Writer(path)
    writer.start()
    ran = pid(writer)
    writer.close()
    assert not Path(f"/proc/{ran}").exists()
