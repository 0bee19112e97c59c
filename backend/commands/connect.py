"""Connecting to a store."""

from __future__ import annotations

import time

from backend.records.record import RecorderUnavailable
from backend.records.store import Store

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
