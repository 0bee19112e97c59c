"""Idempotency keys, in the table `keys` that the store and the outbox each have."""

from __future__ import annotations

import sqlite3
import time
import uuid

from backend.records.store import KEY_LIFETIME

FIND = "SELECT id FROM keys WHERE key = ? AND at >= ?"


def expiry() -> float:
    """Keys from before this time, in seconds since 1970, have expired."""
    return time.time() - KEY_LIFETIME.total_seconds()


def claim(connection: sqlite3.Connection, key: str, record_id: uuid.UUID) -> uuid.UUID:
    """The id of the record with this key: `record_id`, unless the key is in use. Call it in a transaction."""
    connection.execute("DELETE FROM keys WHERE at < ?", (expiry(),))
    connection.execute("INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key, record_id.bytes, time.time()))
    return uuid.UUID(bytes=connection.execute("SELECT id FROM keys WHERE key = ?", (key,)).fetchone()[0])
