"""The session survives any outage of its nodes, and is replaced if they come back at other addresses."""

from __future__ import annotations

import itertools
import time

import pytest

from backend.records.cassandra import connection
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
