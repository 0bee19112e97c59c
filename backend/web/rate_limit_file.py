"""Counters for rate limits in an SQLite file, which the processes of a server share."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limits.storage import Storage

CLEAN_UP_EVERY = 1000  # counted requests

CREATE = """
CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, count INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID
"""
INCREMENT = """
INSERT INTO counters VALUES (:key, :amount, :now + :expiry)
ON CONFLICT DO UPDATE SET
    count = iif(expires > :now, count, 0) + :amount,
    expires = iif(expires > :now, expires, :now + :expiry)
RETURNING count
"""


class RateLimitFile(Storage):
    """The file may be lost: it is created again, and counting starts anew."""

    STORAGE_SCHEME = None

    def __init__(self, path: Path) -> None:
        super().__init__(wrap_exceptions=True)
        self._connection = sqlite3.connect(path, timeout=0.1, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = OFF")  # nothing here has to survive
        self._connection.execute("PRAGMA journal_mode = MEMORY")
        self._connection.execute(CREATE)
        self._thread_lock = threading.Lock()
        self._process_lock = open(f"{path}.lock", "a")  # noqa: SIM115 - open as long as this object
        self._increments = 0

    def close(self) -> None:
        self._connection.close()
        self._process_lock.close()

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        with self._locked():
            self._increments += 1
            if self._increments % CLEAN_UP_EVERY == 0:
                self._connection.execute("DELETE FROM counters WHERE expires <= ?", (now,))
            values = {"key": key, "amount": amount, "now": now, "expiry": expiry}
            return int(self._connection.execute(INCREMENT, values).fetchone()[0])

    def get(self, key: str) -> int:
        return int(self._value("count", key))

    def get_expiry(self, key: str) -> float:
        return float(self._value("expires", key))

    def check(self) -> bool:
        return self._value("count", "") == 0

    def reset(self) -> int:
        with self._locked():
            return self._connection.execute("DELETE FROM counters").rowcount

    def clear(self, key: str) -> None:
        with self._locked():
            self._connection.execute("DELETE FROM counters WHERE key = ?", (key,))

    def _value(self, column: str, key: str) -> float:
        query = f"SELECT {column} FROM counters WHERE key = ? AND expires > ?"  # noqa: S608 - one of two names
        with self._locked():
            row = self._connection.execute(query, (key, time.time())).fetchone()
        return row[0] if row else 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time. A process that waits for this lock wakes at once; SQLite's busy handler
        may sleep for 0.1 s."""
        with self._thread_lock:
            fcntl.flock(self._process_lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._process_lock, fcntl.LOCK_UN)
