"""Back up the files that the server keeps on this machine, while it runs."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from backend.records import open_store
from backend.records.sqlite.store import SqliteStore
from backend.settings import Settings


def backup(settings: Settings, folder: Path, report: Callable[[str], None]) -> None:
    """Copy the outbox, an SQLite store and the key of hashed addresses to `folder`, each as of one moment.

    The outbox is copied first: a record that is delivered in between is in both copies, which is harmless. The other
    way around it could be in neither.

    Raises FileExistsError if `folder` is not empty, OSError or sqlite3.Error if it can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; choose a new folder for the backup.")
    _, store = open_store(settings.records)
    files = [(settings.instance / "outbox.sqlite", folder / "outbox.sqlite")]
    if isinstance(store, SqliteStore):
        files.append((store.file.path, folder / "records.sqlite"))
    for source, target in files:
        if source.exists():
            _copy(source, target)
            report(f"{target}: {target.stat().st_size:,} bytes")
    key = settings.instance / "client-address.key"
    if key.exists():
        shutil.copy2(key, folder)
    _sync(folder)
    if not isinstance(store, SqliteStore):
        report("The records are in Cassandra; docs/backup.md describes how to back them up.")


def _copy(source: Path, target: Path) -> None:
    """VACUUM INTO reads one snapshot without blocking writers; the shell's .backup would restart whenever another
    process commits."""
    connection = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=10)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    _sync(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
