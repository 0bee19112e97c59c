"""A file that many write: who waits together shares a commit, and nobody suffers for another's mistake."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.records.record import RecorderUnavailable
from backend.records.sqlite.file import SqliteFile

MIGRATIONS = ("CREATE TABLE numbers (number INTEGER PRIMARY KEY, note TEXT NOT NULL)",)

Work = Callable[[sqlite3.Connection], int]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(tmp_path / "numbers.sqlite", MIGRATIONS)
    yield file
    file.close()


def put(number: int, note: str | None = "a note") -> Work:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO numbers VALUES (?, ?)", (number, note))
        return number

    return work


def put_and_fail(number: int) -> Work:
    def work(connection: sqlite3.Connection) -> int:
        put(number)(connection)
        raise KeyError(number)

    return work


def together(file: SqliteFile, *works: Work) -> list[Future[int]]:
    asked: list[tuple[Work, Future[int]]] = [(work, Future()) for work in works]
    file.commit([*asked])
    return [done for _, done in asked]


def numbers(file: SqliteFile) -> list[int]:
    return [number for (number,) in file.read("SELECT number FROM numbers ORDER BY number")]


def test_works_that_are_committed_together_are_all_there(file: SqliteFile) -> None:
    assert [done.result() for done in together(file, put(1), put(2), put(3))] == [1, 2, 3]
    assert numbers(file) == [1, 2, 3]


def test_what_a_work_raises_undoes_its_own_changes_alone(file: SqliteFile) -> None:
    first, failed, last = together(file, put(1), put_and_fail(2), put(3))
    with pytest.raises(KeyError):
        failed.result()
    assert (first.result(), last.result()) == (1, 3)
    assert numbers(file) == [1, 3]


@pytest.mark.parametrize("refused", [put(1), put(2, note=None)], ids=["there is one", "a constraint"])
def test_what_the_file_refuses_to_one_it_grants_to_the_others(file: SqliteFile, refused: Work) -> None:
    first, failed, last = together(file, put(1), refused, put(3))
    with pytest.raises(RecorderUnavailable):
        failed.result()
    assert (first.result(), last.result()) == (1, 3)
    assert numbers(file) == [1, 3]


def test_where_the_file_itself_fails_nobody_is_told_otherwise(file: SqliteFile) -> None:
    def fill(connection: sqlite3.Connection) -> int:
        connection.execute("PRAGMA max_page_count = 1")
        return put(2, "x" * 100_000)(connection)

    for done in together(file, put(1), fill, put(3)):
        with pytest.raises(RecorderUnavailable):
            done.result()
    assert numbers(file) == []
    assert file.write(put(4)) == 4  # by a fresh connection


def test_who_reads_at_the_same_time_has_a_connection_alone_and_who_reads_later_one_of_these(file: SqliteFile) -> None:
    met = threading.Barrier(4, timeout=30)

    def which(connection: sqlite3.Connection) -> sqlite3.Connection:
        met.wait()
        return connection

    with ThreadPoolExecutor(4) as pool:
        at_once = {done.result() for done in [pool.submit(file.ask, which) for _ in range(4)]}
    assert len(at_once) == 4
    assert file.ask(lambda connection: connection) in at_once


def test_a_query_that_fails_leaves_its_connection_to_the_next(file: SqliteFile) -> None:
    first = file.ask(lambda connection: connection)
    with pytest.raises(RecorderUnavailable):
        file.read("SELECT nothing FROM nowhere")
    assert file.ask(lambda connection: connection) is first
