"""The session survives any outage of its nodes, and is replaced if they come back at other addresses."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.records.cassandra import connection
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.store import list_partition
from tests.conftest import keyspace
from tools.cassandra_nodes import Nodes
from tools.sample_records import Era, drawing
from tools.stores import opened_cassandra


def test_the_driver_tries_to_reconnect_for_hours(url: str) -> None:
    store = opened_cassandra(url)
    pauses = list(itertools.islice(store.connection.session().cluster.reconnection_policy.new_schedule(), 10_000))
    store.close()
    assert len(pauses) == 10_000
    assert max(pauses) <= 5


def test_host_names_are_resolved_again_after_a_long_outage(url: str, era: Era, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CHECK_INTERVAL", 0.1)
    monkeypatch.setattr(connection, "RECONNECT_AFTER", 0.5)
    store = opened_cassandra(url)
    earlier = store.connection.session().cluster
    for node in earlier.metadata.all_hosts():
        node.set_down()  # as far as this session knows
    end = time.monotonic() + 30
    while store.connection.session().cluster is earlier or not earlier.is_shutdown:
        assert time.monotonic() < end
        time.sleep(0.1)
    made = era.record()
    store.insert(made, drawing(), 5.0)
    store.close()


@pytest.fixture
def impatient_url(three_nodes: Nodes) -> Iterator[str]:
    """Three nodes, of which a second one gets nearly every request too."""
    with keyspace(three_nodes, 3, "&speculative_ms=1") as url:
        yield url


def test_pages_of_rows_are_complete_although_two_nodes_respond(impatient_url: str, era: Era) -> None:
    store = opened_cassandra(impatient_url)
    noon = era.start.replace(second=0, microsecond=0)
    partitions = [Partition(noon + timedelta(minutes=minute), shard) for minute in range(8) for shard in range(40)]
    for each in [sent for partition in partitions for sent in list_partition(store.connection, partition, 10.0)]:
        store.connection.result(each)
    newest_first = sorted(partitions, key=lambda each: (-each.minute.timestamp(), each.shard))
    expected = [(each.minute.replace(tzinfo=None), each.shard) for each in newest_first]
    for _ in range(5):
        rows = store.connection.stream("minutes", (noon.date(), noon + timedelta(hours=1)), fetch_size=7)
        assert [(row.minute, row.shard) for row in rows] == expected
    store.close()
