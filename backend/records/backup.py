"""Back up what the server keeps on this machine, while it goes on writing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from backend.records import open_store
from backend.records.sqlite.store import SqliteStore
from backend.settings import Settings


def backup(settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
    """Copy the outbox, the key of hashed addresses and, where it is SQLite, the store into `folder`,
    each as it stood at one moment.

    The outbox comes first: what is delivered meanwhile is in both, which does no harm, and nothing is in neither.
    Raises FileExistsError where there is something in `folder`, OSError or sqlite3.Error where it can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; a backup wants a folder of its own.")
    _, store = open_store(settings.records)
    files = [settings.instance / "outbox.sqlite", *([store.file.path] if isinstance(store, SqliteStore) else [])]
    for path, name in zip(files, ("outbox.sqlite", "records.sqlite"), strict=False):
        if path.exists():
            _copy(path, folder / name)
            say(f"{folder / name}: {(folder / name).stat().st_size:,} bytes")
    key = settings.instance / "client-address.key"
    if key.exists():
        shutil.copy2(key, folder)
    _to_disk(folder)
    if not isinstance(store, SqliteStore):
        say("The records are in Cassandra: see docs/recorder.md for nodetool snapshot.")


def _copy(path: Path, to: Path) -> None:
    """A snapshot: readers don't keep SQLite's writers waiting. The shell's .backup would start again
    with each commit of another process."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        connection.execute("VACUUM INTO ?", (str(to),))
    finally:
        connection.close()
    _to_disk(to)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
