"""A file that many threads write: waiting writes share a commit, and a failed one does not affect the others."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.records.record import RecorderUnavailable
from backend.records.sqlite.file import SqliteFile

MIGRATIONS = ("CREATE TABLE numbers (number INTEGER PRIMARY KEY, note TEXT NOT NULL)",)

Change = Callable[[sqlite3.Connection], int]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path / "numbers.sqlite", MIGRATIONS)
    yield file
    file.close()


def put(number: int, note: str | None = "a note") -> Change:
    def change(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO numbers VALUES (?, ?)", (number, note))
        return number

    return change


def put_and_fail(number: int) -> Change:
    def change(connection: sqlite3.Connection) -> int:
        put(number)(connection)
        raise KeyError(number)

    return change


def write_together(file: SqliteFile, *changes: Change) -> list[Future[int]]:
    """Queue all changes while another process holds the lock, so that they share a transaction."""
    with open(f"{file.path}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return [file.submit(change) for change in changes]


def numbers(file: SqliteFile) -> list[int]:
    return [number for (number,) in file.read("SELECT number FROM numbers ORDER BY number")]


def test_writes_that_share_a_commit_are_all_made(file: SqliteFile) -> None:
    file.write(put(0))
    before = file.path.with_name("numbers.sqlite-wal").stat().st_size
    assert [done.result() for done in write_together(file, put(1), put(2), put(3))] == [1, 2, 3]
    assert numbers(file) == [0, 1, 2, 3]
    a_page = 4096 + 24  # bytes in the log, with its header
    assert file.path.with_name("numbers.sqlite-wal").stat().st_size == before + a_page  # one commit of one page


def test_a_write_that_raises_undoes_only_its_own_changes(file: SqliteFile) -> None:
    first, failed, last = write_together(file, put(1), put_and_fail(2), put(3))
    with pytest.raises(KeyError):
        failed.result()
    assert (first.result(), last.result()) == (1, 3)
    assert numbers(file) == [1, 3]


@pytest.mark.parametrize("refused", [put(1), put(2, note=None)], ids=["duplicate key", "constraint"])
def test_a_write_that_the_file_refuses_does_not_affect_the_others(file: SqliteFile, refused: Change) -> None:
    first, failed, last = write_together(file, put(1), refused, put(3))
    with pytest.raises(RecorderUnavailable):
        failed.result()
    assert (first.result(), last.result()) == (1, 3)
    assert numbers(file) == [1, 3]


def test_if_the_file_fails_every_write_of_the_commit_fails(file: SqliteFile) -> None:
    def fill(connection: sqlite3.Connection) -> int:
        connection.execute("PRAGMA max_page_count = 1")
        return put(2, "x" * 100_000)(connection)

    for done in write_together(file, put(1), fill, put(3)):
        with pytest.raises(RecorderUnavailable):
            done.result()
    assert numbers(file) == []
    assert file.write(put(4)) == 4  # on a new connection


def test_a_write_that_takes_too_long_is_reported_and_not_made_later(file: SqliteFile) -> None:
    with open(f"{file.path}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file.submit(put(1))
        with pytest.raises(RecorderUnavailable, match=r"did not respond within 0\.05 s"):
            file.write(put(2), timeout=0.05)
    file.write(put(3))
    assert numbers(file) == [1, 3]


def test_threads_read_at_the_same_time(file: SqliteFile) -> None:
    for number in range(10):
        file.write(put(number))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: numbers(file), range(200))) == [list(range(10))] * 200


def test_reading_works_after_a_failed_query(file: SqliteFile) -> None:
    file.write(put(1))
    with pytest.raises(RecorderUnavailable):
        file.read("SELECT nothing FROM nowhere")
    assert numbers(file) == [1]
