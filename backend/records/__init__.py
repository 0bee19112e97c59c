"""Recording predictions: one recorder, whatever the store is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from backend.records.outbox import Outbox
from backend.records.record import Store
from backend.records.recorder import Recorder
from backend.records.sqlite.store import SqliteStore
from backend.settings import Settings


def open_recorder(settings: Settings) -> Recorder:
    """The recorder that the settings ask for; nothing is opened before `start()` or a first use.

    Raises ValueError, in words, for a RECORDS_URL that can't be read.
    """
    name, store = open_store(settings.records)
    outbox = Outbox(settings.instance / "outbox.sqlite", settings.outbox_bytes)
    return Recorder(name, store, outbox, settings.record_budget_ms / 1000)


def _sqlite_path(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path[1:])) if parts.scheme == "sqlite" and not parts.netloc and parts.path[1:] else None


def open_store(url: str) -> tuple[str, Store]:
    """What people call it, and the store of a URL, not started yet."""
    path = _sqlite_path(url)
    if path is not None:
        return "SQLite", SqliteStore(path)
    if urlsplit(url).scheme == "cassandra":
        # Imported here: the driver takes 0.2 s, which a start without Cassandra need not pay.
        from backend.records.cassandra.store import CassandraStore

        return "Cassandra", CassandraStore(url)
    raise ValueError(
        f"RECORDS_URL is {url!r}; it must be sqlite:///PATH or cassandra://HOST,HOST:9042/KEYSPACE?replication=3."
    )
