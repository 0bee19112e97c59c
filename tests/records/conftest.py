"""The stores that the contract holds for, each the real thing."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cassandra.cluster import Cluster

from backend.records import open_store
from backend.records.record import Store
from backend.settings import TOP
from tests.records.making import Era

HOME = TOP / ".cache/cassandra-tests"


def answers(node: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((f"127.0.0.{node}", 9042)) == 0


class Nodes:
    """Local Cassandra nodes: those that run already, and those that are started when a test needs
    them, which are stopped in the end."""

    def __init__(self) -> None:
        self.ours = not answers(1)
        self._environment = {**os.environ, "CASSANDRA_HOME": str(HOME)}
        if self.ours:
            self._script("erase")

    def need(self, count: int) -> None:
        if all(answers(node) for node in range(1, count + 1)):
            return
        if not self.ours:
            pytest.skip(f"Cassandra runs here already, but not {count} nodes of it; stop it (script/cassandra stop)")
        if not (shutil.which("java") and shutil.which("mvn")):
            pytest.skip("Java 17 and Maven, with which Cassandra runs, are missing")
        self._script("start", str(count))

    def pid(self, node: int) -> int:
        home = HOME if self.ours else TOP / ".cache/cassandra"
        return int((home / f"node{node}/pid").read_text())

    def stop(self) -> None:
        if self.ours:
            self._script("erase")

    def _script(self, *arguments: str) -> None:
        subprocess.run([TOP / "script/cassandra", *arguments], check=True, env=self._environment)


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    nodes = Nodes()
    yield nodes
    nodes.stop()


def drop(keyspace: str) -> None:
    cluster = Cluster(["127.0.0.1"])
    try:
        cluster.connect().execute(f"DROP KEYSPACE IF EXISTS {keyspace}", timeout=60)
    finally:
        cluster.shutdown()


@pytest.fixture(scope="session", params=["sqlite", "one Cassandra node", "three Cassandra nodes"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a store, empty at first, that the tests share."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('records')}/records.sqlite"
        return
    count = 1 if request.param == "one Cassandra node" else 3
    nodes: Nodes = request.getfixturevalue("nodes")
    nodes.need(count)
    hosts = ",".join(f"127.0.0.{node}" for node in range(1, count + 1))
    keyspace = f"test_{secrets.token_hex(6)}"
    yield f"cassandra://{hosts}:9042/{keyspace}?replication={count}"
    drop(keyspace)


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
def store(url: str) -> Iterator[Store]:
    store = opened(url)
    yield store
    store.close()


@pytest.fixture
def era() -> Era:
    return Era()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite"
