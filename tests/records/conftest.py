"""The stores that the contract holds for, each the real thing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.records import open_store
from backend.records.record import Store
from tools.cassandra_nodes import Nodes, NoNodes, drop
from tools.sample_records import Era

NODES = {"one Cassandra node": 1, "three Cassandra nodes": 3}


@pytest.fixture(scope="session", params=["sqlite", *NODES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def url(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a store, empty at first, that the tests share."""
    if kind not in NODES:
        yield f"sqlite:///{tmp_path_factory.mktemp('records')}/records.sqlite"
        return
    nodes: Nodes = request.getfixturevalue("nodes")
    try:
        nodes.need(NODES[kind])
    except NoNodes as why:
        pytest.skip(str(why))
    url = nodes.new_url(NODES[kind])
    yield url
    drop(url)


def opened(url: str) -> Store:
    """A store that is ready."""
    _, store = open_store(url)
    store.start()
    end = time.monotonic() + 120
    while (problem := store.problem()) is not None:
        if time.monotonic() > end:
            raise TimeoutError(problem)
        time.sleep(0.05)
    return store


@pytest.fixture(scope="session")
def store(kind: str, url: str) -> Iterator[Store]:
    store = opened(url)
    yield store
    store.close()


@pytest.fixture
def era() -> Era:
    return Era()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite"
