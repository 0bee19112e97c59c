"""Fixtures with each kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.records.store import Store
from tools.cassandra_nodes import Nodes, NoNodes, drop
from tools.sample_records import Era
from tools.stores import opened

NODES = {"one Cassandra node": 1, "three Cassandra nodes": 3}


@pytest.fixture(scope="session", params=["sqlite", *NODES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def url(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a store that the tests share."""
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
