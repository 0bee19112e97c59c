"""A keyspace with the tables of an earlier version is migrated when it is opened, and keeps everything."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest
from cassandra.cluster import Cluster, Session

from backend.records import open_recorder
from backend.records.cassandra import migrate
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.timeuuid import OLDEST
from backend.records.cassandra.url import CassandraUrl
from backend.records.ids import ticks, timeuuid
from backend.records.record import Filter, Record
from backend.settings import Settings
from tests.records.sqlite.test_migration import ALIAS, DELETED, DRAWING, EXPECTED, STORED, check_version_7
from tools.sample_records import Era, drawing
from tools.stores import opened

DATA = Path(__file__).parents[1] / "data"


def dump(version: int) -> list[tuple[str, tuple[object, ...]]]:
    """The statements that insert what the program of that version wrote."""
    return [(line, ()) for line in (DATA / f"cassandra-version-{version}.cql").read_text().splitlines()]


def create(url: str, version: int, fill: list[tuple[str, tuple[object, ...]]]) -> None:
    """Create the tables of an earlier version, and execute statements in the keyspace."""
    at = CassandraUrl.parse(url)
    cluster = Cluster(at.hosts, protocol_version=5)
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(migrate, "SCHEMA", migrate.SCHEMA[:version])
        earlier.setattr(migrate, "VERSION", version)
        try:
            session: Session = cluster.connect()
            migrate.migrate(session, at, "datacenter1")
            for statement, values in fill:
                session.execute(statement, values or None)
        finally:
            cluster.shutdown()


def test_a_keyspace_of_version_3_keeps_its_records(url: str, era: Era) -> None:
    made = era.record()
    create(url, 3, insertion(made, label="3"))
    with closing(opened(url)) as store:
        assert store.page(10, None, Filter()).records == (msgspec.structs.replace(made, label="3"),)
        new = era.record(seconds=2, pen_widths=(22.0,))
        store.insert(new, drawing(), 20)
        assert store.get(new.id) == new
        assert [(each.result, each.count) for each in store.counts().days] == [("7", 2)]


def test_a_migration_that_stopped_before_it_was_recorded_is_repeated(url: str, era: Era) -> None:
    made = era.record()
    unrecorded = [(f"DELETE FROM migrations WHERE version = {number}", ()) for number in range(3, migrate.VERSION + 1)]
    create(url, migrate.VERSION, [*insertion(made, label="3"), *unrecorded])
    with closing(opened(url)) as store:
        assert store.page(10, None, Filter()).records == (msgspec.structs.replace(made, label="3"),)


def insertion(made: Record, label: str) -> list[tuple[str, tuple[object, ...]]]:
    """The statements that insert a record and its correction, with the columns of version 3."""
    partition, day = Partition.of(made.id), Partition.of(made.id).minute.date()
    values = (made.result, made.digit, made.confidence, list(made.probabilities), made.verdict, made.source)
    return [
        (
            "INSERT INTO records (minute, shard, id, at, result, digit, confidence, probabilities, verdict, source, "
            "model_version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*partition, made.id, OLDEST, *values, made.model_version),
        ),
        (
            "INSERT INTO records (minute, shard, id, at, label, deleted) VALUES (%s, %s, %s, %s, %s, false)",
            (*partition, made.id, timeuuid(ticks(partition.minute) + 1, 0, 0), label),
        ),
        ("INSERT INTO minutes (day, minute, shard) VALUES (%s, %s, %s)", (day, *partition)),
        ("INSERT INTO days (part, day) VALUES (0, %s)", (day,)),
    ]


def test_a_keyspace_of_version_9_keeps_its_rooms(url: str) -> None:
    """The version before several annotators shared a queue, as version 7 of SQLite files."""
    create(url, 9, dump(9))
    with closing(opened(url)) as store:
        check_version_7(store)


def test_a_keyspace_of_version_4_keeps_everything(url: str, tmp_path: Path) -> None:
    create(url, 4, dump(4))
    day, stored = date(2025, 4, 23), list(STORED[3])  # an SQLite file of the same records
    with closing(opened(url)) as store:
        assert list(store.page(10, None, Filter()).records) == stored
        assert [store.get(each.id) for each in stored] == stored
        assert store.drawing(EXPECTED.id) == DRAWING
        assert {(each.day, each.result): each.count for each in store.counts().days} == {
            (day, "7"): 2,
            (day, "not a digit"): 1,
        }
        assert {(each.meant, each.read): each.count for each in store.counts().confusion} == {
            ("1", "7"): 1,
            ("4", "not_a_digit"): 1,
        }
        assert store.lease([EXPECTED.id], "annotator", 60, 1) == [EXPECTED.id]
        assert store.was_deleted(DELETED.id)
        store.insert(DELETED, DRAWING, 20)
        assert (store.get(DELETED.id), store.drawing(DELETED.id)) == (None, None)
        assert store.delete(stored[0].id)
        assert [(each.result, each.count) for each in store.counts().days] == [("7", 1), ("not a digit", 1)]

    recorder = open_recorder(Settings(instance=tmp_path, records_url=url))
    recorder.start()
    while not recorder.state()["ok"]:
        time.sleep(0.05)
    assert recorder.get(ALIAS) == stored[-1]
    recorder.close()
