"""The tables, and a row of theirs as a record."""

from __future__ import annotations

import sqlite3
import struct
import uuid

from backend.records.record import Record

# MIGRATIONS[n] takes a file from version n to n + 1.
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


def record_of(row: sqlite3.Row) -> Record:
    """A row of COLUMNS and its last label."""
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
