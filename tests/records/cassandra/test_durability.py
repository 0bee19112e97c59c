"""Settings of Cassandra with which acknowledged writes could be lost are reported."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.records.cassandra.store import CassandraStore
from backend.settings import TOP, Settings
from backend.web.app import create_app
from tests.waiting import wait_for
from tools.cassandra_nodes import Nodes, NoNodes, drop
from tools.stores import opened_cassandra

ADDRESS = "127.0.8.1"  # not used by the nodes of other tests


@pytest.fixture(scope="module")
def periodic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a keyspace on a node with Cassandra's default commitlog_sync, while it runs."""
    if missing := [tool for tool in ("java", "mvn") if not shutil.which(tool)]:
        pytest.skip(f"{', '.join(missing)} is missing")
    folder = tmp_path_factory.mktemp("periodic")
    extra = folder / "extra.yaml"
    extra.write_text("commitlog_sync: periodic\ncommitlog_sync_period: 10000ms\n")
    environment = {**os.environ, "CASSANDRA_HOME": str(folder), "EXTRA": str(extra), "NET": "8", "HEAP": "384m"}
    subprocess.run([TOP / "script/cassandra", "start"], check=True, env=environment)
    try:
        yield f"cassandra://{ADDRESS}:9042/digitpad?replication=1"
    finally:
        subprocess.run([TOP / "script/cassandra", "erase"], check=True, env=environment)


def set_replication(store: CassandraStore, factor: int) -> None:
    current = store.connection.session()
    current.session.execute(
        f"ALTER KEYSPACE {current.session.keyspace} WITH replication = "
        f"{{'class': 'NetworkTopologyStrategy', '{current.datacenter}': {factor}}}",
        timeout=60,
    )


def test_a_periodic_commit_log_is_reported_and_does_not_make_the_server_unready(
    periodic: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "backend.records.cassandra"):
        app = create_app(Settings(instance=tmp_path, records_url=periodic))
        client = app.test_client()

        def warnings() -> list[str]:
            return list(client.get("/health/ready").get_json()["recorder"]["warnings"])

        wait_for(lambda: len(warnings()) == 1)
        (warning,) = warnings()
        assert f"commitlog_sync is periodic on {ADDRESS}" in warning
        assert "batch or group" in warning
        assert client.get("/health/ready").status_code == 200
        time.sleep(6)  # another check
        app.extensions["digitpad"].close()
    assert [each.message for each in caplog.records].count(warning) == 1


def test_fewer_nodes_than_copies_are_reported(periodic: str) -> None:
    store = opened_cassandra(periodic)
    wait_for(lambda: len(store.warnings()) == 1)
    set_replication(store, 3)
    wait_for(lambda: len(store.warnings()) == 2)
    assert "The replication factor is 3, but datacenter1 has fewer nodes (1)" in store.warnings()[1]
    store.close()


def test_a_single_copy_on_several_nodes_is_reported_until_there_are_more(three_nodes: Nodes) -> None:
    try:
        three_nodes.need(3)
    except NoNodes as why:
        pytest.skip(str(why))
    url = three_nodes.new_url(3).replace("replication=3", "replication=1")
    store = opened_cassandra(url)
    wait_for(lambda: len(store.warnings()) == 1)
    assert "The replication factor is 1 on 3 nodes" in store.warnings()[0]
    set_replication(store, 3)
    wait_for(lambda: store.warnings() == [])
    store.close()
    drop(url)
