"""Cassandra may start after the application, and its schema may be missing, older or newer."""

from __future__ import annotations

import logging
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cassandra.cluster import Cluster, Session

from backend.records import open_recorder, open_store
from backend.records.cassandra.migrate import SCHEMA, VERSION
from backend.records.cassandra.url import CassandraUrl
from backend.records.record import Filter
from backend.records.recorder import Recorder
from backend.settings import Settings
from tools.sample_records import Era, drawing
from tools.stores import opened


@contextmanager
def session(url: str) -> Iterator[Session]:
    at = CassandraUrl.parse(url)
    cluster = Cluster(at.hosts, protocol_version=5)
    try:
        yield cluster.connect(at.keyspace)
    finally:
        cluster.shutdown()


def wait_until_queued_is(recorder: Recorder, count: int) -> None:
    end = time.monotonic() + 60
    while recorder.state()["queued"] != count:
        assert time.monotonic() < end, recorder.state()
        time.sleep(0.05)


def test_predictions_are_queued_without_cassandra_and_the_reason_is_reported(
    tmp_path: Path, era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # but does not listen
        port = closed.getsockname()[1]
        recorder = open_recorder(
            Settings(instance=tmp_path, records_url=f"cassandra://127.0.0.1:{port}/space", record_budget_ms=100)
        )
        with caplog.at_level(logging.WARNING, "backend"):
            recorder.start()
            made = era.record()
            assert recorder.record(made, drawing()) == "queued"
            assert recorder.get(made.id) == made
            time.sleep(3)
        state = recorder.state()
        assert not state["ok"]
        assert state["queued"] == 1
        assert state["detail"] == f"Waiting for Cassandra at 127.0.0.1 (port {port}): no node responds."
        recorder.close()
    assert [each.message for each in caplog.records if each.name.startswith("backend")] == [state["detail"]]  # once


def test_records_queued_before_the_connection_are_delivered_after_it(tmp_path: Path, url: str, era: Era) -> None:
    made = [era.record(seconds=n) for n in range(10)]
    recorder = open_recorder(Settings(instance=tmp_path, records_url=url, record_budget_ms=100))
    for each in made:
        assert recorder.record(each, drawing()) == "queued"  # it was not started
    recorder.start()
    wait_until_queued_is(recorder, 0)
    assert [each.id for each in recorder.export(Filter())] == [each.id for each in reversed(made)]
    recorder.close()


def _open(url: str) -> None:
    opened(url).close()


def test_concurrent_starts_create_one_schema(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    starters = [spawn.Process(target=_open, args=(url,)) for _ in range(4)]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
        assert each.exitcode == 0
    with session(url) as current:
        rows = current.execute("SELECT version, name FROM migrations")
        assert {(row.version, row.name) for row in rows} == {(n, path.stem) for n, path in enumerate(SCHEMA, 1)}


def test_a_newer_schema_is_rejected_with_a_reason(url: str) -> None:
    opened(url).close()
    with session(url) as current:
        current.execute(f"INSERT INTO migrations (version) VALUES ({VERSION + 1})")
    _, store = open_store(url)
    store.start()
    end = time.monotonic() + 60
    while "newer Digitpad" not in (problem := str(store.problem())):
        assert time.monotonic() < end, problem
        time.sleep(0.1)
    assert f"has schema {VERSION + 1}" in problem
    store.close()
