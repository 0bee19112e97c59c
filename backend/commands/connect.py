"""Connecting to a store, and to the recorder of a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from backend.records import open_store
from backend.records.outbox import Outbox
from backend.records.record import RecorderUnavailable
from backend.records.recorder import Recorder
from backend.records.sqlite.store import SqliteStore
from backend.records.store import Store
from backend.settings import Settings

TIMEOUT = 60.0  # seconds


def connected(store: Store) -> Store:
    """Start a store and wait until it is available. Raises RecorderUnavailable after TIMEOUT."""
    store.start()
    end = time.monotonic() + TIMEOUT
    while (problem := store.problem()) is not None:
        if time.monotonic() > end:
            raise RecorderUnavailable(problem)
        time.sleep(0.1)
    return store


@contextmanager
def recorder_of(settings: Settings) -> Iterator[Recorder]:
    """The recorder of the server that has these settings; the server may run. It leaves delivery to the server.

    Raises FileNotFoundError if the server has no records here, ValueError if RECORDS_URL is invalid, and
    RecorderUnavailable if the store can't be used.
    """
    name, store = open_store(settings.records)
    if isinstance(store, SqliteStore) and not store.file.path.exists():
        raise FileNotFoundError(
            f"There is no {store.file.path}; INSTANCE and RECORDS_URL must be those of the server, and paths are "
            "relative to the current folder."
        )
    outbox = Outbox(settings.instance / "outbox.sqlite", settings.outbox_bytes)
    recorder = Recorder(name, store, outbox, settings.record_budget_ms / 1000, settings.keep_drawings)
    with closing(recorder):
        connected(store)
        yield recorder
