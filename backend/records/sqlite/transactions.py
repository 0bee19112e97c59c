"""What is written inside a transaction."""

from __future__ import annotations

import sqlite3
import time
import uuid
from datetime import UTC, datetime

import msgspec

from backend.records.record import KEY_LIFETIME, Drawing, Record, date_of, ticks
from backend.records.sqlite.schema import COLUMNS, LAST_CHANGE, PROBABILITIES, record_of

FORGET_KEYS_EVERY = 97  # records, on average: forgetting old keys costs as much as writing one


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


def correct(connection: sqlite3.Connection, record_id: uuid.UUID, label: str | None) -> Record | None:
    """The record as it now reads, None if there is none."""
    record = _change(connection, record_id, label, deleted=False)
    if record is None:
        return None
    corrected = msgspec.structs.replace(record, label=label)
    _count_confusion(connection, record, -1)
    _count_confusion(connection, corrected, 1)
    return corrected


def delete(connection: sqlite3.Connection, record_id: uuid.UUID) -> bool:
    """False if there is no such record."""
    record = _change(connection, record_id, None, deleted=True)
    if record is None:
        return False
    connection.execute("DELETE FROM drawings WHERE id = ?", (record_id.bytes,))
    _count(connection, record, -1)
    return True


def _change(connection: sqlite3.Connection, record_id: uuid.UUID, label: str | None, deleted: bool) -> Record | None:
    """Append a change; the record as it read before, None if there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS}, c.label, c.at FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
        (record_id.time, record_id.bytes),
    ).fetchone()
    if row is None:
        return None
    at = max(ticks(datetime.now(UTC)), (row[-1] or 0) + 1)  # later than the last, whatever the clock does
    connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", (record_id.bytes, at, label, deleted))
    return record_of(row[:-1])


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
