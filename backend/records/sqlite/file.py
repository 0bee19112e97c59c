"""An SQLite file that many threads and processes write, durably, sharing their commits.

A disk flush costs milliseconds; here all requests that wait pay for one together (group commit).
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from backend.records.record import RecorderUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Waiting = tuple[Work[Any], Future[Any]]

MOST_IN_A_COMMIT = 256


class SqliteFile:
    """Opened at first use, never before, so that it may be made before a fork.

    `migrations[n]` is the SQL that takes a file from version n to n + 1. Raises RecorderUnavailable
    where the file can't be read or written, or is of a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._writing: sqlite3.Connection | None = None  # the connection that writes
        self._start = threading.Lock()
        self._idle: list[sqlite3.Connection] = []  # that read, and nobody uses
        self._open: list[sqlite3.Connection] = []  # that read
        self._forget = False

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of a query, as `ask` finds them."""
        return self.ask(lambda connection: connection.execute(sql, parameters).fetchall())

    def ask(self, work: Work[T]) -> T:
        """What `work` finds, on a connection that no other thread uses meanwhile; it sees every commit before it."""
        try:
            connection = self._reader()
            try:
                return work(connection)
            finally:
                self._idle.append(connection)
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def write(self, work: Work[T], timeout: float | None = None) -> T:
        """Run `work` in a transaction with whatever else waits; returns when it is on the disk.

        What `work` raises undoes its own changes alone and is raised here. After `timeout` seconds
        RecorderUnavailable is raised, and the work may or may not have been done.
        """
        done: Future[T] = Future()
        self._queue.put((work, done))
        self.begin()
        try:
            return done.result(timeout)
        except Late:
            done.cancel()  # unless it is under way
            raise RecorderUnavailable(f"{self.path.name} didn't answer within {timeout:g} s.") from None

    def forget_deleted(self) -> None:
        """Call it in a work that deletes: what was deleted leaves the write-ahead log too, with the
        commit or, where another process is just reading, soon after."""
        self._forget = True

    def close(self) -> None:
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
        for connection in self._open:
            connection.close()

    def begin(self) -> None:
        """Start the thread that writes, if none runs; it runs on the cores of whoever starts it."""
        if self._writer is None:
            with self._start:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._work, name=f"write {self.path.name}", daemon=True)
                    self._writer.start()

    def commit(self, batch: list[Waiting], more: Callable[[], list[Waiting]] = list) -> None:
        """Run all works in one transaction, and with them those that `more` gives when our turn has come; one thread
        at a time. Each future then has what its work returned or raised, or RecorderUnavailable."""
        try:
            with self._turn():
                self._writing = self._writing or self._connect()
                batch += more()
                self._commit(self._writing, batch)
        except Exception as error:
            # What the file's state is after a failed write only a fresh connection knows.
            if self._writing is not None:
                self._writing.close()
                self._writing = None
            for _, done in batch:
                if not done.done():
                    done.set_exception(self._unavailable(error))

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:  # more threads read at the same time than ever before
            connection = self._connect()
            self._open.append(connection)
            return connection

    def _work(self) -> None:
        while True:
            try:
                first = self._queue.get(timeout=1 if self._forget else None)
            except Empty:
                self.commit([])
            else:
                if first is None:
                    break
                self.commit([first], self._all_that_wait)  # some come while other processes have their turn
        if self._writing is not None:
            self._writing.close()

    def _all_that_wait(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while len(batch) < MOST_IN_A_COMMIT and not self._queue.empty():
            item = self._queue.get()
            if item is None:
                self._queue.put(None)
                break
            batch.append(item)
        return batch

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """This process's turn to write: SQLite's own wait sleeps up to 0.1 s, a lock wakes at once."""
        with open(f"{self.path}.lock", "a") as turn:  # closing it lets go
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _commit(self, connection: sqlite3.Connection, batch: list[Waiting]) -> None:
        results: list[tuple[Future[Any], Any, Exception | None]] = []
        connection.execute("BEGIN IMMEDIATE")
        for work, done in batch:
            if not done.set_running_or_notify_cancel():
                continue  # whoever asked for it has given up
            connection.execute("SAVEPOINT one")
            try:
                results.append((done, work(connection), None))
            except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError) as error:  # of this work alone
                connection.execute("ROLLBACK TO one")
                results.append((done, None, self._unavailable(error)))
            except sqlite3.Error:
                raise  # of the file, and so of all
            except Exception as error:
                connection.execute("ROLLBACK TO one")
                results.append((done, None, error))
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
        if self._forget:
            self._forget = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        for done, result, failure in results:
            if failure is None:
                done.set_result(result)
            else:
                done.set_exception(failure)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=1, isolation_level=None, check_same_thread=False)
        try:
            self._use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = FULL")  # NORMAL may lose the last commits with the power
            connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; what changes often is then copied less
            connection.execute("PRAGMA cache_size = -256")  # KiB of each connection; the kernel keeps the file as well
            connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
        """A new file's first connections race for this, and SQLite doesn't let the losers wait."""
        end = time.monotonic() + 1
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == len(self._migrations):
            return
        if version > len(self._migrations):
            raise RecorderUnavailable(
                f"{self.path.name} is of version {version}, made by a newer Digitpad; this one knows "
                f"versions up to {len(self._migrations)}. Use the newer program."
            )
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for migration in self._migrations[version:]:
                for statement in migration.split(";\n"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._migrations)}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _unavailable(self, error: Exception) -> RecorderUnavailable:
        if isinstance(error, RecorderUnavailable):
            return error
        return RecorderUnavailable(f"{self.path.name} can't be used: {error}.")
