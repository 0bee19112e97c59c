"""The changes that are made inside a transaction."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from backend.records import room_events
from backend.records.ids import date_of, later_than, ticks
from backend.records.record import Drawing, Record, counted
from backend.records.room_events import AnyEvent, Corrected, Deleted
from backend.records.sqlite.schema import COLUMNS, INSERT_DRAWING, INSERT_RECORD, LAST_CHANGE, record_of, row_of


def insert(connection: sqlite3.Connection, record: Record, drawing: Drawing | None) -> None:
    """Insert a record. Does nothing if it was inserted before; it may have been deleted since."""
    if connection.execute(INSERT_RECORD, row_of(record)).rowcount == 0:
        return
    if drawing is not None:
        connection.execute(INSERT_DRAWING, (record.id.bytes, *msgspec.structs.astuple(drawing)))
    _count(connection, record, 1)
    if record.room is not None:
        add_event(connection, record.room, room_events.drew(record))


def correct(connection: sqlite3.Connection, record_id: uuid.UUID, label: str | None) -> Record | None:
    """Set the label and return the record as it is then; None if there is no such record."""
    record = _change(connection, record_id, label, deleted=False)
    if record is None:
        return None
    corrected = msgspec.structs.replace(record, label=label)
    _count_confusion(connection, record, -1)
    _count_confusion(connection, corrected, 1)
    if record.room is not None:
        add_event(connection, record.room, Corrected(record=record_id, label=label))
    return corrected


def delete(connection: sqlite3.Connection, record_id: uuid.UUID) -> bool:
    """False if there is no such record."""
    record = _change(connection, record_id, None, deleted=True)
    if record is None:
        return False
    connection.execute("DELETE FROM drawings WHERE id = ?", (record_id.bytes,))
    _count(connection, record, -1)
    if record.room is not None:
        add_event(connection, record.room, Deleted(record=record_id))
    return True


def add_event(connection: sqlite3.Connection, room: str, event: AnyEvent) -> None:
    """Add an event to a room, later than all others of it."""
    (last,) = connection.execute("SELECT max(time) FROM room_events WHERE room = ?", (room,)).fetchone()
    added = later_than(last or 0, ticks(datetime.now(UTC)))
    connection.execute(
        "INSERT INTO room_events VALUES (?, ?, ?, ?)", (room, added.time, added.bytes, room_events.encode(event))
    )


def lease(
    connection: sqlite3.Connection, records: Sequence[uuid.UUID], holder: str, seconds: int, most: int
) -> list[uuid.UUID]:
    """See Store.lease."""
    now = time.time()
    leased: list[uuid.UUID] = []
    connection.execute("DELETE FROM leases WHERE until <= ?", (now,))
    for record_id in records:
        if len(leased) == most:
            break
        granted = connection.execute(
            "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until "
            "WHERE holder = excluded.holder",
            (record_id.bytes, holder, now + seconds),
        )
        if granted.rowcount:
            leased.append(record_id)
    return leased


def release(connection: sqlite3.Connection, record_id: uuid.UUID, holder: str) -> None:
    connection.execute("DELETE FROM leases WHERE record = ? AND holder = ?", (record_id.bytes, holder))


def _change(connection: sqlite3.Connection, record_id: uuid.UUID, label: str | None, deleted: bool) -> Record | None:
    """Append a change and return the record as it was before; None if there is no such record."""
    row = connection.execute(
        f"SELECT c.at, {COLUMNS} FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
        (record_id.time, record_id.bytes),
    ).fetchone()
    if row is None:
        return None
    last_change, *values = row
    at = max(ticks(datetime.now(UTC)), (last_change or 0) + 1)  # later than the last, even if the clock was set back
    connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", (record_id.bytes, at, label, deleted))
    return record_of(values)


def _count(connection: sqlite3.Connection, record: Record, by: int) -> None:
    day = date_of(record.id).date().isoformat()
    connection.execute(
        "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        (day, counted(record.result), by),
    )
    _count_confusion(connection, record, by)


def _count_confusion(connection: sqlite3.Connection, record: Record, by: int) -> None:
    if record.meant is not None:
        connection.execute(
            "INSERT INTO confusion VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (counted(record.meant), counted(record.read), by),
        )
