"""No request fails while one of three nodes is paused or killed, from the first moment."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from backend.records.cassandra.partition import Partition
from backend.records.cassandra.store import CassandraStore
from backend.records.store import Store
from tests.conftest import keyspace
from tests.waiting import wait_for
from tools.cassandra_nodes import Nodes
from tools.sample_records import Era, drawing
from tools.stores import opened_cassandra

TIMEOUT = 10.0  # seconds for a record

pytestmark = pytest.mark.kills_nodes


@pytest.fixture(scope="module")
def three(three_nodes: Nodes) -> Iterator[CassandraStore]:
    with keyspace(three_nodes, 3) as url:
        store = opened_cassandra(url)
        yield store
        store.close()


def insert_correct_and_delete(store: Store, era: Era) -> None:
    for number in range(20):
        kept, deleted = era.record(seconds=number), era.record(seconds=100 + number)
        for each in (kept, deleted):
            store.insert(each, drawing(), TIMEOUT)
        assert store.correct(kept.id, "7") is not None
        assert store.delete(deleted.id)
        found = store.get(kept.id)
        assert found is not None
        assert found.label == "7"
        assert store.get(deleted.id) is None


def test_a_node_is_paused(three: CassandraStore, three_nodes: Nodes, era: Era) -> None:
    insert_correct_and_delete(three, era)
    three_nodes.signal(2, signal.SIGSTOP)
    try:
        insert_correct_and_delete(three, era)
    finally:
        three_nodes.signal(2, signal.SIGCONT)


def test_a_silent_node_is_avoided_before_it_is_marked_as_down(
    three: CassandraStore, three_nodes: Nodes, era: Era
) -> None:
    _, session, prepared, _ = three.connection.session()
    policy = session.cluster.profile_manager.default.load_balancing_policy
    keys = [(*Partition.of(each), each) for each in (era.record(seconds=60 * number).id for number in range(30))]

    def first() -> set[str]:
        """The nodes that are first in the plan for some record."""
        plans = [policy.make_query_plan(session.keyspace, prepared["record"].bind(key)) for key in keys]
        return {next(iter(plan)).address for plan in plans}

    def up() -> set[str]:
        return {host.address for host in session.cluster.metadata.all_hosts() if host.is_up}

    everyone = {three_nodes.address(number) for number in (1, 2, 3)}
    wait_for(lambda: up() == everyone)
    three_nodes.signal(2, signal.SIGSTOP)
    try:
        pending = [three.connection.send("record", key) for key in keys]
        wait_for(lambda: three_nodes.address(2) not in first())
        assert up() == everyone
        for each in pending:
            three.connection.result(each)
    finally:
        three_nodes.signal(2, signal.SIGCONT)
    wait_for(lambda: first() == everyone)  # it responds to what was sent, and is used again


def test_a_node_is_killed(three: CassandraStore, three_nodes: Nodes, era: Era) -> None:
    three_nodes.signal(3, signal.SIGKILL)
    insert_correct_and_delete(three, era)
