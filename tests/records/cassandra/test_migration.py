"""A keyspace with the tables of an earlier version is migrated when it is opened, and keeps everything."""

from __future__ import annotations

from contextlib import closing

import msgspec
import pytest
from cassandra.cluster import Cluster

from backend.records.cassandra import migrate
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.timeuuid import OLDEST, timeuuid
from backend.records.cassandra.url import CassandraUrl
from backend.records.ids import ticks
from backend.records.record import Filter, Record
from tools.sample_records import Era, drawing
from tools.stores import opened


def test_a_keyspace_of_version_3_keeps_its_records(url: str, era: Era, monkeypatch: pytest.MonkeyPatch) -> None:
    made = era.record()
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "SCHEMA", migrate.SCHEMA[:3])
        earlier.setattr(migrate, "VERSION", 3)
        make_keyspace(url, made, label="3")

    with closing(opened(url)) as store:
        assert store.page(10, None, Filter()).records == (msgspec.structs.replace(made, label="3"),)
        new = era.record(seconds=2, pen_widths=(22.0,))
        assert store.insert(new, drawing(), None, 20) == new
        assert store.get(new.id) == new
        assert [(each.result, each.count) for each in store.counts()] == [("7", 2)]


def make_keyspace(url: str, made: Record, label: str) -> None:
    """A keyspace with one record and its correction, written with the columns of version 3."""
    at = CassandraUrl.parse(url)
    partition, day = Partition.of(made.id), Partition.of(made.id).minute.date()
    cluster = Cluster(at.hosts, protocol_version=5)
    try:
        session = cluster.connect()
        migrate.migrate(session, at, "datacenter1")
        session.execute(
            "INSERT INTO records (minute, shard, id, at, result, digit, confidence, probabilities, verdict, source, "
            "model_version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(*partition, made.id, OLDEST, made.result, made.digit, made.confidence, list(made.probabilities)),
                *(made.verdict, made.source, made.model_version),
            ),
        )
        session.execute(
            "INSERT INTO records (minute, shard, id, at, label, deleted) VALUES (%s, %s, %s, %s, %s, false)",
            (*partition, made.id, timeuuid(ticks(partition.minute) + 1, 0, 0), label),
        )
        session.execute("INSERT INTO minutes (day, minute, shard) VALUES (%s, %s, %s)", (day, *partition))
        session.execute("INSERT INTO days (part, day) VALUES (0, %s)", (day,))
    finally:
        cluster.shutdown()
