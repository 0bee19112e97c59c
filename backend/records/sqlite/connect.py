"""Opening an SQLite file: durable, with a write-ahead log, migrated to the current version."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from backend.records.record import RecorderUnavailable


def connect(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """A connection in autocommit mode, for any one thread at a time. `migrations[n]` is the SQL that takes a file from
    version n to n + 1.

    Raises sqlite3.Error, and RecorderUnavailable if a newer program has made the file.
    """
    connection = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = FULL")  # NORMAL may lose the last commits in a power failure
        connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; the default copies hot pages more often
        connection.execute("PRAGMA cache_size = -256")  # KiB per connection; the kernel caches the file as well
        connection.execute("PRAGMA secure_delete = ON")  # overwrite what is deleted
        _migrate(connection, path.name, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Retries, because SQLite's busy timeout does not apply when several processes open a new file."""
    end = time.monotonic() + 1
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, name: str, migrations: Sequence[str]) -> None:
    version = _version(connection)
    if version == len(migrations):
        return
    if version > len(migrations):
        raise RecorderUnavailable(
            f"{name} is version {version}, made by a newer Digitpad; this one supports versions up to "
            f"{len(migrations)}. Use the newer program."
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in migrations[_version(connection) :]:  # another process may just have migrated it
            for statement in migration.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
