"""Records in one SQLite file: the store that needs nothing else."""

from __future__ import annotations

import sqlite3
import struct
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from backend.records.record import (
    GREGORIAN,
    KEY_LIFETIME,
    Confusion,
    Count,
    Drawing,
    Filter,
    Page,
    Record,
    RecorderUnavailable,
    date_of,
)
from backend.records.sqlite_file import SqliteFile

if TYPE_CHECKING:
    from backend.records.writer import Writer

CHANGE_TIMEOUT = 5.0  # seconds, for corrections and deletions
FORGET_KEYS_EVERY = 97  # records, on average: forgetting old keys costs as much as writing one
LOOK_AT = 20_000  # records that one page looks at, at most, when a filter lets few of them through

MIGRATIONS = (
    """
    CREATE TABLE records (          -- one prediction a row, never changed
        time INTEGER NOT NULL,      -- of the id, in 100 ns since 1582: newest first is a walk of this key
        id BLOB NOT NULL,
        result TEXT NOT NULL,
        digit INTEGER NOT NULL,
        confidence REAL NOT NULL,
        probabilities BLOB NOT NULL, -- ten doubles, little-endian
        verdict TEXT NOT NULL,
        source TEXT NOT NULL,
        model_version TEXT NOT NULL,
        file_name TEXT,
        expected TEXT,
        client TEXT,
        PRIMARY KEY (time, id)
    ) WITHOUT ROWID;
    CREATE TABLE drawings (         -- apart, so that pages don't read past pictures
        id BLOB PRIMARY KEY,
        image BLOB NOT NULL,
        media_type TEXT NOT NULL,
        seen BLOB NOT NULL,
        strokes BLOB
    );
    CREATE TABLE changes (          -- corrections and deletions: rows of their own, the last one counts
        id BLOB NOT NULL,
        at INTEGER NOT NULL,        -- in 100 ns since 1582
        label TEXT,
        deleted INTEGER NOT NULL,
        PRIMARY KEY (id, at)
    ) WITHOUT ROWID;
    CREATE TABLE keys (             -- idempotency keys
        key TEXT PRIMARY KEY,
        id BLOB NOT NULL,
        at INTEGER NOT NULL         -- in seconds since 1970
    ) WITHOUT ROWID;
    CREATE INDEX keys_by_age ON keys (at);
    CREATE TABLE counts (           -- kept in the transaction of each record, so nothing is ever scanned
        day TEXT NOT NULL,
        result TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (day, result)
    ) WITHOUT ROWID;
    CREATE TABLE confusion (
        meant TEXT NOT NULL,
        read TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (meant, read)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE aliases (          -- see Store.add_alias
        id BLOB PRIMARY KEY,
        same_as BLOB NOT NULL
    ) WITHOUT ROWID
    """,
)

COLUMNS = "r.id, result, digit, confidence, probabilities, verdict, source, model_version, file_name, expected, client"
LAST_CHANGE = (
    "LEFT JOIN changes AS c ON c.id = r.id AND c.at = (SELECT max(at) FROM changes WHERE id = r.id) "
    "WHERE coalesce(c.deleted, 0) = 0"
)
PROBABILITIES = struct.Struct("<10d")


class SqliteStore:
    """See backend.records.record.Store."""

    def __init__(self, path: Path, writer: Writer | None = None) -> None:
        """writer: the process that writes for all workers of a server, if there is one."""
        self.file = SqliteFile(path, MIGRATIONS)
        self._writer = writer

    def start(self) -> None:
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        self.file.begin()  # before any request, whose threads may be kept on one core

    def close(self) -> None:
        self.file.close()

    def add(self, record: Record, drawing: Drawing, key: str | None, timeout: float) -> Record:
        taken = self._writer.add(record, drawing, key, timeout) if self._writer else None
        if taken is None:
            taken = self.file.write(partial(take, record=record, drawing=drawing, key=key), timeout)
        return record if taken == record.id else self.get(taken) or msgspec.structs.replace(record, id=taken)

    def get(self, record_id: uuid.UUID) -> Record | None:
        rows = self.file.read(
            f"SELECT {COLUMNS}, c.label FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
            (record_id.time, record_id.bytes),
        )
        return _record(rows[0]) if rows else None

    def add_alias(self, record_id: uuid.UUID, same_as: uuid.UUID, timeout: float) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (record_id.bytes, same_as.bytes))

        self.file.write(work, timeout)

    def same_as(self, record_id: uuid.UUID) -> uuid.UUID | None:
        rows = self.file.read("SELECT same_as FROM aliases WHERE id = ?", (record_id.bytes,))
        return uuid.UUID(bytes=rows[0][0]) if rows else None

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        rows = self.file.read("SELECT image, media_type, seen, strokes FROM drawings WHERE id = ?", (record_id.bytes,))
        if not rows:
            return None
        image, media_type, seen, strokes = rows[0]
        return Drawing(image=image, media_type=media_type, seen=seen, strokes=strokes)

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        marks = ",".join("?" * len(record_ids))
        rows = self.file.read(
            f"SELECT id, seen FROM drawings WHERE id IN ({marks})", [each.bytes for each in record_ids]
        )
        found: dict[bytes, bytes] = dict(rows)
        return [found.get(each.bytes, b"") for each in record_ids]

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        first, last = _times(only.day)
        within = "time >= ? AND (time, id) < (?, ?)"
        bounds = (first, last, b"") if before is None else (first, *min((before.time, before.bytes), (last, b"")))
        conditions = ["result", "verdict", "source"]
        wanted = [(name, getattr(only, name)) for name in conditions if getattr(only, name) is not None]
        where = "".join(f" AND r.{name} = ?" for name, _ in wanted)
        if only.corrected is not None:
            where += f" AND c.label IS {'NOT ' if only.corrected else ''}NULL"
        newest_first = f"FROM records WHERE {within} ORDER BY time DESC, id DESC"
        rows = self.file.read(
            f"SELECT {COLUMNS}, c.label FROM (SELECT * {newest_first} LIMIT {LOOK_AT}) AS r "
            f"{LAST_CHANGE}{where} LIMIT ?",
            (*bounds, *(value for _, value in wanted), limit + 1),
        )
        found = tuple(_record(row) for row in rows[:limit])
        if len(rows) > limit:
            return Page(records=found, next=found[-1].id)
        end = self.file.read(f"SELECT id {newest_first} LIMIT 1 OFFSET {LOOK_AT - 1}", bounds)
        return Page(records=found, next=uuid.UUID(bytes=end[0][0]) if end else None)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        def work(connection: sqlite3.Connection) -> Record | None:
            record = _change(connection, record_id, label, deleted=False)
            return None if record is None else msgspec.structs.replace(record, label=label)

        return self.file.write(work, CHANGE_TIMEOUT)

    def delete(self, record_id: uuid.UUID) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            record = _change(connection, record_id, None, deleted=True)
            if record is not None:
                connection.execute("DELETE FROM drawings WHERE id = ?", (record_id.bytes,))
                self.file.forget_deleted()
                _count(connection, record, -1)
            return record is not None

        return self.file.write(work, CHANGE_TIMEOUT)

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        return bool(self.file.read("SELECT 1 FROM changes WHERE id = ? AND deleted", (record_id.bytes,)))

    def counts(self) -> list[Count]:
        rows = self.file.read("SELECT day, result, count FROM counts WHERE count > 0 ORDER BY day DESC, result")
        return [Count(day=date.fromisoformat(day), result=result, count=count) for day, result, count in rows]

    def confusion(self) -> list[Confusion]:
        rows = self.file.read("SELECT meant, read, count FROM confusion WHERE count > 0 ORDER BY meant, read")
        return [Confusion(meant=meant, read=read, count=count) for meant, read, count in rows]

    def problem(self) -> str | None:
        try:
            self.file.read("SELECT 1 FROM counts LIMIT 1")
        except RecorderUnavailable as error:
            return str(error)
        return None


def take(connection: sqlite3.Connection, record: Record, drawing: Drawing, key: str | None) -> uuid.UUID:
    """Add a record in a transaction; its id, or that of an earlier one where the key was used."""
    taken = _claim(connection, key, record.id)
    if taken == record.id:
        insert(connection, record, drawing)
    return taken


def _claim(connection: sqlite3.Connection, key: str | None, record_id: uuid.UUID) -> uuid.UUID:
    """The id that `key` stands for: `record_id`, unless the key was used before."""
    if key is None:
        return record_id
    now = int(time.time())
    mine = connection.execute("INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key, record_id.bytes, now))
    if mine.rowcount == 1:
        if record_id.time % FORGET_KEYS_EVERY == 0:
            connection.execute("DELETE FROM keys WHERE at < ?", (now - KEY_LIFETIME.total_seconds(),))
        return record_id
    earlier, at = connection.execute("SELECT id, at FROM keys WHERE key = ?", (key,)).fetchone()
    if at >= now - KEY_LIFETIME.total_seconds():
        return uuid.UUID(bytes=earlier)
    connection.execute("UPDATE keys SET id = ?, at = ? WHERE key = ?", (record_id.bytes, now, key))
    return record_id


def insert(connection: sqlite3.Connection, record: Record, drawing: Drawing) -> None:
    """Add a record in a transaction; nothing where it was added before."""
    added = connection.execute(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            record.id.time,
            record.id.bytes,
            record.result,
            record.digit,
            record.confidence,
            PROBABILITIES.pack(*record.probabilities),
            record.verdict,
            record.source,
            record.model_version,
            record.file_name,
            record.expected,
            record.client,
        ),
    )
    if added.rowcount == 0:
        return  # written before, and perhaps deleted since
    connection.execute(
        "INSERT INTO drawings VALUES (?, ?, ?, ?, ?)",
        (record.id.bytes, drawing.image, drawing.media_type, drawing.seen, drawing.strokes),
    )
    _count(connection, record, 1)


def _change(connection: sqlite3.Connection, record_id: uuid.UUID, label: str | None, deleted: bool) -> Record | None:
    """Append a change; the record as it read before, None if there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS}, c.label, c.at FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
        (record_id.time, record_id.bytes),
    ).fetchone()
    if row is None:
        return None
    at = max(_ticks(datetime.now(UTC)), (row[-1] or 0) + 1)  # later than the last, whatever the clock does
    connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", (record_id.bytes, at, label, deleted))
    record = _record(row[:-1])
    if not deleted:
        _count_confusion(connection, record, -1)
        _count_confusion(connection, msgspec.structs.replace(record, label=label), 1)
    return record


def _count(connection: sqlite3.Connection, record: Record, by: int) -> None:
    day = date_of(record.id).date().isoformat()
    connection.execute(
        "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        (day, record.result, by),
    )
    _count_confusion(connection, record, by)


def _count_confusion(connection: sqlite3.Connection, record: Record, by: int) -> None:
    if record.meant is not None:
        connection.execute(
            "INSERT INTO confusion VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (record.meant, record.read, by),
        )


def _record(row: sqlite3.Row) -> Record:
    (
        record_id,
        result,
        digit,
        confidence,
        probabilities,
        verdict,
        source,
        model_version,
        file_name,
        expected,
        client,
        label,
    ) = row
    return Record(
        id=uuid.UUID(bytes=record_id),
        result=result,
        digit=digit,
        confidence=confidence,
        probabilities=PROBABILITIES.unpack(probabilities),
        verdict=verdict,
        source=source,
        model_version=model_version,
        file_name=file_name,
        expected=expected,
        label=label,
        client=client,
    )


def _ticks(instant: datetime) -> int:
    """100 ns since the start of the clock of version 1 UUIDs."""
    return (instant - GREGORIAN) // timedelta(microseconds=1) * 10


def _times(day: date | None) -> tuple[int, int]:
    """The first instant of a UTC day and the first after it; of all time where it is None."""
    if day is None:
        return 0, 1 << 60
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return _ticks(start), _ticks(start + timedelta(days=1))
