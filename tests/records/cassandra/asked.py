"""How many partitions a call asks Cassandra for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from backend.records.cassandra.connection import Asked
from backend.records.cassandra.store import CassandraStore


@contextmanager
def partitions_asked(store: CassandraStore) -> Iterator[Counter[str]]:
    """How many partitions of each table are asked for meanwhile, by the names of the store's statements."""
    asked, send = Counter[str](), store._link.send

    def counted(name: str, values: Sequence[Any], **how: Any) -> Asked:
        asked[name] += len(values[1]) if name == "newest" else 1  # a minute's shards are a partition each
        return send(name, values, **how)

    with mock.patch.object(store._link, "send", counted):
        yield asked
