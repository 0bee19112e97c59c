"""Recording predictions: a recorder, with an outbox in front of a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from backend.records.outbox import Outbox
from backend.records.recorder import Recorder
from backend.records.sqlite.store import SqliteStore
from backend.records.store import Store
from backend.settings import Settings


def open_recorder(settings: Settings) -> Recorder:
    """The recorder for these settings; it opens nothing before `start()` or its first use.

    Raises ValueError, with a message for people, if RECORDS_URL is invalid.
    """
    name, store = open_store(settings.records)
    outbox = Outbox(settings.instance / "outbox.sqlite", settings.outbox_bytes)
    return Recorder(name, store, outbox, settings.record_budget_ms / 1000, settings.keep_drawings)


def open_store(url: str) -> tuple[str, Store]:
    """The name that people know the store by, and the store, not started yet."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path[1:]:
        return "SQLite", SqliteStore(Path(unquote(parts.path[1:])))
    if parts.scheme == "cassandra":
        # The driver takes 0.2 s to import, which a start without Cassandra should not pay.
        from backend.records.cassandra.store import CassandraStore

        return "Cassandra", CassandraStore(url)
    raise ValueError(
        f"RECORDS_URL is {url!r}; it must be sqlite:///PATH or cassandra://HOST,HOST:9042/KEYSPACE?replication=3."
    )
