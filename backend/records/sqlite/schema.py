"""The tables, and the conversion between their rows and records."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.records.record import JSON_FIELDS, Drawing, Record

# MIGRATIONS[n] takes a file from version n to n + 1.
MIGRATIONS = (
    """
    CREATE TABLE records (          -- one row per prediction, never changed
        time INTEGER NOT NULL,      -- of the id, in 100 ns since 1582; newest first is the reverse of this key
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
    CREATE TABLE drawings (         -- separate, so that listing records does not read images
        id BLOB PRIMARY KEY,
        image BLOB NOT NULL,
        media_type TEXT NOT NULL,
        seen BLOB NOT NULL,
        strokes BLOB
    );
    CREATE TABLE changes (          -- corrections and deletions; the last one counts
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
    CREATE TABLE counts (           -- updated in the transaction of each record, so that no query scans records
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
    CREATE TABLE aliases (          -- see Store.resolve_alias
        id BLOB PRIMARY KEY,
        same_as BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    "ALTER TABLE records ADD COLUMN pen_widths BLOB",  # doubles, little-endian
    "DROP TABLE keys",  # ids are derived from them
    "ALTER TABLE records ADD COLUMN owner TEXT",  # see backend/records/owner.py
    # A number has no single digit. SQLite removes NOT NULL from a column only by copying the table.
    """
    CREATE TABLE new_records (
        time INTEGER NOT NULL,
        id BLOB NOT NULL,
        result TEXT NOT NULL,
        digit INTEGER,
        confidence REAL NOT NULL,
        probabilities BLOB NOT NULL,
        verdict TEXT NOT NULL,
        source TEXT NOT NULL,
        model_version TEXT NOT NULL,
        file_name TEXT,
        expected TEXT,
        client TEXT,
        pen_widths BLOB,
        owner TEXT,
        digits TEXT,                -- JSON
        PRIMARY KEY (time, id)
    ) WITHOUT ROWID;
    INSERT INTO new_records SELECT *, NULL FROM records ORDER BY time, id;
    DROP TABLE records;
    ALTER TABLE new_records RENAME TO records
    """,
    """
    ALTER TABLE records ADD COLUMN room TEXT;
    ALTER TABLE records ADD COLUMN pupil TEXT;
    CREATE TABLE room_events (      -- see backend/records/room_events.py
        room TEXT NOT NULL,
        time INTEGER NOT NULL,      -- of the id, in 100 ns since 1582; each event of a room is later than those before
        id BLOB NOT NULL,
        event BLOB NOT NULL,        -- JSON
        PRIMARY KEY (room, time)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE leases (           -- who labels a record at the moment
        record BLOB PRIMARY KEY,
        holder TEXT NOT NULL,       -- an annotator
        until REAL NOT NULL         -- in seconds since 1970
    ) WITHOUT ROWID
    """,
)

FIELDS = Record.__struct_fields__
STORED = [name for name in FIELDS if name not in ("id", "label")]  # the id is kept with its time, labels in `changes`

INSERT_RECORD = (
    f"INSERT INTO records (time, id, {', '.join(STORED)}) VALUES (?, ?{', ?' * len(STORED)}) ON CONFLICT DO NOTHING"
)
# A record with its last change, for a SELECT from `records AS r`.
COLUMNS = ", ".join("c.label" if name == "label" else f"r.{name}" for name in FIELDS)
LAST_CHANGE = (
    "LEFT JOIN changes AS c ON c.id = r.id AND c.at = (SELECT max(at) FROM changes WHERE id = r.id) "
    "WHERE coalesce(c.deleted, 0) = 0"
)
DRAWING_COLUMNS = ", ".join(Drawing.__struct_fields__)
INSERT_DRAWING = f"INSERT INTO drawings (id, {DRAWING_COLUMNS}) VALUES (?{', ?' * len(Drawing.__struct_fields__)})"


def row_of(record: Record) -> list[object]:
    """The parameters of INSERT_RECORD."""
    return [record.id.time, record.id.bytes, *(_column_value(name, getattr(record, name)) for name in STORED)]


def record_of(row: Sequence[Any]) -> Record:
    """The record in a row of COLUMNS."""
    record_id, *values = row
    return Record(
        id=uuid.UUID(bytes=record_id), **dict(zip(FIELDS[1:], map(_field_value, FIELDS[1:], values), strict=True))
    )


def _column_value(name: str, value: object) -> object:
    """A tuple of floats becomes a BLOB of little-endian doubles; SQLite keeps text and numbers as they are."""
    if name in JSON_FIELDS:
        return None if value is None else msgspec.json.encode(value).decode()
    return struct.pack(f"<{len(value)}d", *value) if isinstance(value, tuple) else value


def _field_value(name: str, value: Any) -> Any:
    if name in JSON_FIELDS:
        return None if value is None else msgspec.json.decode(value, type=JSON_FIELDS[name])
    return struct.unpack(f"<{len(value) // 8}d", value) if isinstance(value, bytes) else value
