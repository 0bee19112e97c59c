"""An SQLite file that many threads and processes write durably.

A disk flush takes milliseconds, so all waiting writes share one transaction and one flush (group commit).
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from backend.records.record import RecorderUnavailable
from backend.records.sqlite.connect import connect

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
Queued = tuple[Change[Any], Future[Any]]


class SqliteFile:
    """An SQLite file, opened at its first use, so that it may be created before a fork.

    migrations: see `connect`. Methods raise RecorderUnavailable if the file can't be read or written.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._write_queue: SimpleQueue[Queued | None] = SimpleQueue()  # None ends the thread
        self._write_thread: threading.Thread | None = None
        self._write_connection: sqlite3.Connection | None = None
        self._start_lock = threading.Lock()
        self._read_connections: list[sqlite3.Connection] = []
        self._idle_connections: list[sqlite3.Connection] = []  # those of them that no thread is using
        self._truncate = False

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of a query, which sees every earlier commit."""
        try:
            connection = self._read_connection()
            try:
                return connection.execute(sql, parameters).fetchall()
            finally:
                self._idle_connections.append(connection)
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def write(self, change: Change[T], timeout: float | None = None) -> T:
        """Call `change` in a transaction, and return its result when that is on the disk.

        If `change` raises, its own changes are undone, and the exception is raised here. After `timeout` seconds
        RecorderUnavailable is raised, and the changes may or may not be made.
        """
        done = self.submit(change)
        try:
            return done.result(timeout)
        except FutureTimeout:
            done.cancel()  # has no effect if it is being written
            raise RecorderUnavailable(f"{self.path.name} did not respond within {timeout:g} s.") from None

    def submit(self, change: Change[T]) -> Future[T]:
        """Queue `change` for the next transaction. The future has its result when that is on the disk."""
        done: Future[T] = Future()
        self._write_queue.put((change, done))
        self.start()
        return done

    def truncate_log(self) -> None:
        """Call it in a change that deletes: the write-ahead log is emptied after the commit or, if another process is
        reading, soon after, so that nothing deleted remains in it."""
        self._truncate = True

    def start(self) -> None:
        """Start the thread that writes, unless it is running."""
        with self._start_lock:
            if self._write_thread is None:
                name = f"write {self.path.name}"
                self._write_thread = threading.Thread(target=self._run_writer, name=name, daemon=True)
                self._write_thread.start()

    def close(self) -> None:
        if self._write_thread is not None:
            self._write_queue.put(None)
            self._write_thread.join()
        for connection in self._read_connections:
            connection.close()

    def _read_connection(self) -> sqlite3.Connection:
        try:
            return self._idle_connections.pop()
        except IndexError:
            connection = connect(self.path, self._migrations)
            self._read_connections.append(connection)
            return connection

    def _run_writer(self) -> None:
        while True:
            try:
                first = self._write_queue.get(timeout=1 if self._truncate else None)
            except Empty:
                self._commit([])  # try again to truncate
            else:
                if first is None:
                    break
                self._commit([first])
        if self._write_connection is not None:
            self._write_connection.close()

    def _commit(self, batch: list[Queued]) -> None:
        """Make the changes of `batch`, and those queued while other processes wrote, in one transaction."""
        try:
            with self._process_lock():
                batch += self._waiting()
                if self._write_connection is None:
                    self._write_connection = connect(self.path, self._migrations)
                self._apply(self._write_connection, batch)
        except Exception as error:
            # After a failed write only a new connection knows the state of the file.
            if self._write_connection is not None:
                self._write_connection.close()
                self._write_connection = None
            for _, done in batch:
                if not done.done():
                    done.set_exception(self._unavailable(error))

    def _waiting(self) -> list[Queued]:
        batch: list[Queued] = []
        while not self._write_queue.empty():
            queued = self._write_queue.get()
            if queued is None:
                self._write_queue.put(None)
                break
            batch.append(queued)
        return batch

    @contextmanager
    def _process_lock(self) -> Iterator[None]:
        """A process that waits for this lock wakes at once; SQLite's busy handler may sleep for 0.1 s."""
        with open(f"{self.path}.lock", "a") as lock:  # closing it unlocks it
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _apply(self, connection: sqlite3.Connection, batch: Sequence[Queued]) -> None:
        results: list[tuple[Future[Any], Any, Exception | None]] = []
        connection.execute("BEGIN IMMEDIATE")
        for change, done in batch:
            if not done.set_running_or_notify_cancel():
                continue  # its caller has given up
            connection.execute("SAVEPOINT one")
            try:
                results.append((done, change(connection), None))
            except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError) as error:  # of this change
                connection.execute("ROLLBACK TO one")
                results.append((done, None, self._unavailable(error)))
            except sqlite3.Error:
                raise  # of the file, so the whole batch fails
            except Exception as error:
                connection.execute("ROLLBACK TO one")
                results.append((done, None, error))
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
        if self._truncate:
            self._truncate = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        for done, result, failure in results:
            if failure is None:
                done.set_result(result)
            else:
                done.set_exception(failure)

    def _unavailable(self, error: Exception) -> RecorderUnavailable:
        if isinstance(error, RecorderUnavailable):
            return error
        return RecorderUnavailable(f"{self.path.name} can't be used: {error}.")
