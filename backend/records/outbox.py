"""The outbox: operations that the store did not accept in time, kept on this machine's disk until it does.

All processes of a machine share the file. One of them at a time delivers, in order.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from backend.records.outbox_operations import Correct, Delete, Insert, Operation, apply, decode, fold
from backend.records.record import Drawing, Record, RecorderUnavailable
from backend.records.sqlite.file import SqliteFile
from backend.records.store import Store

BATCH = 128  # operations that are read, delivered and removed together
CONCURRENT = 8  # operations that are delivered at the same time
WRITE_TIMEOUT = 10.0  # seconds; a disk that takes longer counts as broken

MIGRATIONS = (
    """
    CREATE TABLE operations (
        number INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of delivery; never reused
        id BLOB NOT NULL,                         -- of the record
        at REAL NOT NULL,                         -- when it was queued, in seconds since 1970
        operation BLOB NOT NULL                   -- msgpack, see outbox_operations.py
    );
    CREATE INDEX operations_by_id ON operations (id);
    CREATE TABLE keys (                           -- idempotency keys, including those of delivered records
        key TEXT PRIMARY KEY,
        id BLOB NOT NULL,
        at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX keys_by_age ON keys (at)
    """,
    "DROP TABLE keys",  # ids are derived from them
)

OF_RECORD = "SELECT operation FROM operations WHERE id = ? ORDER BY number"
USED_BYTES = (
    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)


class Outbox:
    """path: the SQLite file. limit: its largest size, in bytes. Methods raise RecorderUnavailable if the file can't be
    read or written."""

    def __init__(self, path: Path, limit: int) -> None:
        self._file = SqliteFile(path, MIGRATIONS)
        self._limit = limit

    def close(self) -> None:
        self._file.close()

    def enqueue(self, record: Record, drawing: Drawing | None) -> None:
        """Queue a record; if it is queued already, perhaps with changes, do nothing."""

        def change(connection: sqlite3.Connection) -> None:
            if connection.execute(OF_RECORD, (record.id.bytes,)).fetchone() is None:
                self._append(connection, Insert(record, drawing))

        self._file.write(change, WRITE_TIMEOUT)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Queue a correction behind its record and return the record as it is then; None if it isn't queued here."""
        queued = self._follow(Correct(record_id, label))
        return None if queued is None else msgspec.structs.replace(queued.record, label=label)

    def delete(self, record_id: uuid.UUID) -> bool:
        """Queue a deletion behind its record; False if that isn't queued here."""
        return self._follow(Delete(record_id)) is not None

    def get(self, record_id: uuid.UUID) -> Insert | None:
        """A queued record with its drawing, and with the corrections that are queued behind it."""
        return fold(decode(blob) for (blob,) in self._file.read(OF_RECORD, (record_id.bytes,)))

    def length(self) -> int:
        return int(self._file.read("SELECT count(*) FROM operations")[0][0])

    def age(self) -> float:
        """How long the oldest operation has waited, in seconds; 0 if none waits."""
        rows = self._file.read("SELECT at FROM operations ORDER BY number LIMIT 1")
        return max(0.0, time.time() - rows[0][0]) if rows else 0.0

    def deliver(self, store: Store, timeout: float) -> Iterator[int]:
        """Apply all operations to the store, in order, and yield after each batch how many the store accepted. Yields
        nothing if another process is delivering.

        Operations on one record are applied one after the other, those on different records concurrently. An operation
        is removed after the store has accepted it; since applying it is idempotent, a crash in between is harmless.
        Raises RecorderUnavailable, or whatever the store raises, only if the store accepts none of a batch: one
        operation that the store refuses doesn't hold up the others.
        """
        with self._delivery_lock() as locked, ThreadPoolExecutor(CONCURRENT, "deliver") as threads:
            while locked and (batch := self._next_batch()):
                by_record: dict[uuid.UUID, list[tuple[int, Operation]]] = {}
                for number, operation in batch:
                    by_record.setdefault(operation.record_id, []).append((number, operation))
                outcomes = list(threads.map(partial(_apply_in_order, store, timeout), by_record.values()))
                applied = [number for numbers, _ in outcomes for number in numbers]
                if not applied:
                    raise next(error for _, error in outcomes if error is not None)
                self._file.write(partial(self._remove, applied), WRITE_TIMEOUT)
                yield len(applied)

    def _next_batch(self) -> list[tuple[int, Operation]]:
        rows = self._file.read("SELECT number, operation FROM operations ORDER BY number LIMIT ?", (BATCH,))
        return [(number, decode(operation)) for number, operation in rows]

    def _append(self, connection: sqlite3.Connection, operation: Operation) -> None:
        blob = msgspec.msgpack.encode(operation)
        size = connection.execute(USED_BYTES).fetchone()[0]
        if size + len(blob) > self._limit:
            raise RecorderUnavailable(
                f"The store is unavailable and the outbox is full ({size} of {self._limit} bytes); try again later."
            )
        connection.execute(
            "INSERT INTO operations (id, at, operation) VALUES (?, ?, ?)",
            (operation.record_id.bytes, time.time(), blob),
        )

    def _follow(self, operation: Correct | Delete) -> Insert | None:
        """Queue `operation` behind its record and return what is queued before it; None if that isn't here."""

        def change(connection: sqlite3.Connection) -> Insert | None:
            queued = fold(decode(blob) for (blob,) in connection.execute(OF_RECORD, (operation.record_id.bytes,)))
            if queued is not None:
                self._append(connection, operation)
            return queued

        return self._file.write(change, WRITE_TIMEOUT)

    def _remove(self, numbers: Sequence[int], connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM operations WHERE number = ?", [(number,) for number in numbers])
        if connection.execute("SELECT 1 FROM operations LIMIT 1").fetchone() is None:
            self._file.truncate_log()

    @contextmanager
    def _delivery_lock(self) -> Iterator[bool]:
        """Whether this process may deliver now."""
        try:
            lock = open(f"{self._file.path}.delivery", "a")  # noqa: SIM115 - closed below, which unlocks it
        except OSError as error:
            raise RecorderUnavailable(f"The outbox can't be locked: {error}.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def _apply_in_order(
    store: Store, timeout: float, operations: Sequence[tuple[int, Operation]]
) -> tuple[list[int], Exception | None]:
    """Apply the operations on one record; the numbers of those that succeeded, and why the next one failed."""
    applied = []
    try:
        for number, operation in operations:
            apply(store, operation, timeout)
            applied.append(number)
    except Exception as error:  # whatever it is, the rest stays queued
        return applied, error
    return applied, None
