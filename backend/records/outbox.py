"""What the store couldn't take in time: kept on this machine's disk until it can.

All processes of a machine share the file; one of them at a time delivers, in order.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec

from backend.records.outbox_operations import Add, Correct, Delete, Operation, as_it_reads, decode, do
from backend.records.record import KEY_LIFETIME, Drawing, Record, RecorderUnavailable, Store
from backend.records.sqlite.file import SqliteFile

BATCH = 128  # operations that are read, delivered and noted as delivered together
AT_ONCE = 8  # of them on their way at the same time
WRITE_TIMEOUT = 10.0  # seconds; a disk that takes longer is as good as broken

MIGRATIONS = (
    """
    CREATE TABLE operations (
        number INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of delivery; never used twice
        id BLOB NOT NULL,                         -- the record's
        at REAL NOT NULL,                         -- when it was queued, in seconds since 1970
        operation BLOB NOT NULL                   -- msgpack of Add, Correct or Delete
    );
    CREATE INDEX operations_by_id ON operations (id);
    CREATE TABLE keys (                           -- idempotency keys, also of what was delivered
        key TEXT PRIMARY KEY,
        id BLOB NOT NULL,
        at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX keys_by_age ON keys (at)
    """,
)


OPERATIONS_ON = "SELECT operation FROM operations WHERE id = ? ORDER BY number"


class Outbox:
    """Durable operations on records that wait for their store.

    path: the SQLite file. limit: how many bytes it may take on the disk.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._file = SqliteFile(path, MIGRATIONS)
        self._limit = limit
        self._path = path
        self._no_keys: dict[sqlite3.Connection, int] = {}

    def close(self) -> None:
        self._file.close()

    def key_of(self, key: str) -> uuid.UUID | None:
        """The id of the record that was queued with this idempotency key."""
        return self._file.ask(partial(self._find, key))

    def _find(self, key: str, connection: sqlite3.Connection) -> uuid.UUID | None:
        version = connection.execute("PRAGMA data_version").fetchone()[0]  # of the file, as this connection sees it
        if version == self._no_keys.get(connection):
            return None
        if connection.execute("SELECT 1 FROM keys LIMIT 1").fetchone() is None:
            self._no_keys[connection] = version  # spares each prediction the query below while all is well
            return None
        oldest = time.time() - KEY_LIFETIME / timedelta(seconds=1)
        row = connection.execute("SELECT id FROM keys WHERE key = ? AND at > ?", (key, oldest)).fetchone()
        return uuid.UUID(bytes=row[0]) if row else None

    def add(self, record: Record, drawing: Drawing, key: str | None) -> uuid.UUID:
        """Queue a record; the id under which it is queued, an earlier one where the key was used."""

        def work(connection: sqlite3.Connection) -> uuid.UUID:
            if key is not None:
                now = time.time()
                connection.execute("DELETE FROM keys WHERE at < ?", (now - KEY_LIFETIME.total_seconds(),))
                connection.execute(
                    "INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key, record.id.bytes, now)
                )
                row = connection.execute("SELECT id FROM keys WHERE key = ?", (key,)).fetchone()
                if row[0] != record.id.bytes:
                    return uuid.UUID(bytes=row[0])
            self._append(connection, record.id, Add(record, drawing, key))
            return record.id

        return self._file.write(work, WRITE_TIMEOUT)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Queue a correction behind its record, if that is still here; the record as it now reads."""
        record = self._file.write(lambda connection: self._follow(connection, Correct(record_id, label)), WRITE_TIMEOUT)
        return None if record is None else msgspec.structs.replace(record, label=label)

    def delete(self, record_id: uuid.UUID) -> bool:
        """Queue a deletion behind its record, if that is still here."""
        return (
            self._file.write(lambda connection: self._follow(connection, Delete(record_id)), WRITE_TIMEOUT) is not None
        )

    def get(self, record_id: uuid.UUID) -> Add | None:
        """A record that waits here, as it now reads, with its drawing."""
        rows = self._file.read(OPERATIONS_ON, (record_id.bytes,))
        return as_it_reads(decode(blob) for (blob,) in rows)

    def length(self) -> int:
        rows = self._file.read("SELECT count(*) FROM operations")
        return int(rows[0][0])

    def age(self) -> float:
        """How long the oldest operation has waited, in seconds; 0 where none does."""
        rows = self._file.read("SELECT at FROM operations ORDER BY number LIMIT 1")
        return max(0.0, time.time() - rows[0][0]) if rows else 0.0

    def deliver(self, store: Store, timeout: float) -> None:
        """Bring what waits to the store, in order, until nothing does; nothing where another process
        is at it. Raises RecorderUnavailable when the store doesn't take it.

        Records that follow each other go at the same time, what is done to one record one after the
        other. An operation leaves the outbox after the store has it, and the store takes it twice as
        if it were once, so that a crash in between does no harm. What the store refuses keeps nothing
        else from being delivered.
        """
        with self._only_one() as mine:
            if not mine or not self._next():
                return
            with ThreadPoolExecutor(AT_ONCE, "deliver") as threads:
                while numbered := self._next():
                    of_each: dict[uuid.UUID, list[tuple[int, Operation]]] = {}
                    for number, operation in numbered:
                        of_each.setdefault(operation.record_id, []).append((number, operation))
                    outcomes = list(threads.map(partial(_apply, store, timeout), of_each.values()))
                    done = [number for numbers, _ in outcomes for number in numbers]
                    if not done:
                        raise next(error for _, error in outcomes if error is not None)
                    self._file.write(partial(self._done, done), WRITE_TIMEOUT)

    def _next(self) -> list[tuple[int, Operation]]:
        rows = self._file.read("SELECT number, operation FROM operations ORDER BY number LIMIT ?", (BATCH,))
        return [(number, decode(operation)) for number, operation in rows]

    def _append(self, connection: sqlite3.Connection, record_id: uuid.UUID, operation: Operation) -> None:
        blob = msgspec.msgpack.encode(operation)
        size = connection.execute(
            "SELECT (page_count - freelist_count) * page_size "
            "FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        ).fetchone()[0]
        if size + len(blob) > self._limit:
            raise RecorderUnavailable(
                f"The store can't be reached, and the outbox is full ({size} of {self._limit} bytes); try again later."
            )
        connection.execute(
            "INSERT INTO operations (id, at, operation) VALUES (?, ?, ?)", (record_id.bytes, time.time(), blob)
        )

    def _follow(self, connection: sqlite3.Connection, operation: Correct | Delete) -> Record | None:
        """Queue `operation` behind its record, if that waits here; the record as it read before."""
        rows = connection.execute(OPERATIONS_ON, (operation.record_id.bytes,)).fetchall()
        found = as_it_reads(decode(blob) for (blob,) in rows)
        if found is None:
            return None
        self._append(connection, operation.record_id, operation)
        return found.record

    def _done(self, numbers: Sequence[int], connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM operations WHERE number = ?", [(number,) for number in numbers])
        if connection.execute("SELECT 1 FROM operations LIMIT 1").fetchone() is None:
            self._file.forget_deleted()

    @contextmanager
    def _only_one(self) -> Iterator[bool]:
        """Whether this process delivers now; another one does for as long as it holds the lock."""
        try:
            turn = open(f"{self._path}.delivery", "a")  # noqa: SIM115 - closed below, which lets go
        except OSError as error:
            raise RecorderUnavailable(f"The outbox can't be locked: {error}.") from error
        with turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def _apply(
    store: Store, timeout: float, operations: Sequence[tuple[int, Operation]]
) -> tuple[list[int], Exception | None]:
    """Do to one record, in order, what was queued for it: the numbers of what was done, and why the rest was not."""
    done = []
    try:
        for number, operation in operations:
            do(store, operation, timeout)
            done.append(number)
    except Exception as error:  # whatever it is, the rest stays queued
        return done, error
    return done, None
