"""One of three nodes falls silent, or dies, and from the first moment nothing is refused."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from backend.records.record import Store
from tests.records.conftest import opened
from tests.records.making import Era, drawing
from tests.records.nodes import Nodes, NoNodes, drop

PATIENT = 10.0  # seconds for a record


@pytest.fixture(scope="module")
def three(nodes: Nodes) -> Iterator[Store]:
    try:
        nodes.need(3)
    except NoNodes as why:
        pytest.skip(str(why))
    url = nodes.new_url(3)
    store = opened(url)
    yield store
    store.close()
    drop(url)


def add_correct_and_delete(store: Store, era: Era) -> None:
    for number in range(20):
        kept, deleted = era.record(seconds=number), era.record(seconds=100 + number)
        for each in (kept, deleted):
            assert store.add(each, drawing(), str(each.id), PATIENT) == each
        assert store.correct(kept.id, "7") is not None
        assert store.delete(deleted.id)
        found = store.get(kept.id)
        assert found is not None
        assert found.label == "7"
        assert store.get(deleted.id) is None


def test_a_node_is_paused(three: Store, nodes: Nodes, era: Era) -> None:
    add_correct_and_delete(three, era)
    nodes.signal(2, signal.SIGSTOP)
    try:
        add_correct_and_delete(three, era)
    finally:
        nodes.signal(2, signal.SIGCONT)


def test_a_node_is_killed(three: Store, nodes: Nodes, era: Era) -> None:
    nodes.signal(3, signal.SIGKILL)
    try:
        add_correct_and_delete(three, era)
    finally:
        nodes.restart()
