"""Stores for tests, failure runs and measurements."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from backend.records import open_store
from backend.records.cassandra.connection import PendingStatement
from backend.records.cassandra.store import CassandraStore
from backend.records.store import Store


def opened(url: str) -> Store:
    """A store that was started and is available."""
    _, store = open_store(url)
    store.start()
    end = time.monotonic() + 120
    while (problem := store.problem()) is not None:
        if time.monotonic() > end:
            raise TimeoutError(problem)
        time.sleep(0.05)
    return store


def opened_cassandra(url: str) -> CassandraStore:
    store = opened(url)
    assert isinstance(store, CassandraStore)
    return store


@contextmanager
def count_partitions(store: CassandraStore) -> Iterator[Counter[str]]:
    """How many partitions are queried in the meantime, by the names of the store's statements."""
    queried, send = Counter[str](), store.connection.send

    def counting(name: str, values: Sequence[Any], *arguments: Any, **options: Any) -> PendingStatement:
        queried[name] += len(values[1]) if name == "newest" else 1  # each of the shards of a minute is a partition
        return send(name, values, *arguments, **options)

    with mock.patch.object(store.connection, "send", counting):
        yield queried
