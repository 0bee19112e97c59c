"""The session outlives any absence of its nodes, and is made anew where they come back at other addresses."""

from __future__ import annotations

import itertools
import time

import pytest

from backend.records.cassandra import connection as link
from backend.records.cassandra.store import CassandraStore
from tests.records.conftest import opened
from tools.sample_records import Era, drawing


def test_nodes_are_tried_for_hours(url: str) -> None:
    store = opened(url)
    assert isinstance(store, CassandraStore)
    pauses = list(itertools.islice(store._link._session().cluster.reconnection_policy.new_schedule(), 10_000))
    store.close()
    assert len(pauses) == 10_000
    assert max(pauses) <= 5


def test_when_no_node_is_up_for_long_their_names_are_resolved_anew(
    url: str, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(link, "AFRESH_AFTER", 0.5)
    store = opened(url)
    assert isinstance(store, CassandraStore)
    earlier = store._link._session().cluster
    for node in earlier.metadata.all_hosts():
        node.set_down()  # as far as this session knows: where it looks, nobody answers
    end = time.monotonic() + 30
    while store._link._session().cluster is earlier or not earlier.is_shutdown:
        assert time.monotonic() < end
        time.sleep(0.1)
    made = era.record()
    assert store.add(made, drawing(), str(made.id), 5.0) == made
    store.close()
