"""Counts are right in every process at once, and are saved, so that nothing is counted twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from backend.records.cassandra import counts
from backend.records.cassandra.connection import PendingStatement
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.store import CassandraStore
from tests.conftest import keyspace
from tools.cassandra_nodes import Nodes
from tools.sample_records import Era, drawing, id_at, new_id, record
from tools.stores import opened_cassandra

SKEW = 0.5  # seconds; with the usual ten these tests would wait long


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "SKEW", timedelta(seconds=SKEW))
    monkeypatch.setattr(counts, "LATE", timedelta(seconds=0.2))
    monkeypatch.setattr(counts, "OVERLAP", timedelta(seconds=0.4))
    monkeypatch.setattr(counts, "SHARED", timedelta(seconds=0.1))


@pytest.fixture(scope="module")
def url(one_node: Nodes) -> Iterator[str]:
    """The URL of a keyspace that these tests share."""
    with keyspace(one_node, 1) as url:
        yield url


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[CassandraStore]:
    store = opened_cassandra(url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def other(url: str, store: CassandraStore) -> Iterator[CassandraStore]:
    """The store of another process, which does not know what `store` does."""
    other = opened_cassandra(url)
    yield other
    other.close()


def insert_at(store: CassandraStore, *instants: datetime) -> None:
    for each in instants:
        store.insert(record(id=id_at(each)), drawing(), 20)


def counted(store: CassandraStore) -> int:
    return sum(each.count for each in store.counts().days)


def confusion(store: CassandraStore, read: str) -> dict[str, int]:
    return {each.meant: each.count for each in store.counts().confusion if each.read == read}


def minutes_read(store: CassandraStore, minutes: set[datetime]) -> list[datetime]:
    """Of which of these minutes records are read to count everything."""
    read, send = list[datetime](), store.connection.send

    def noting(name: str, values: Sequence[Any], *arguments: Any, **options: Any) -> PendingStatement:
        if name == "records of minute":
            read.append(values[0])
        return send(name, values, *arguments, **options)

    with mock.patch.object(store.connection, "send", noting):
        store.counts()
    return sorted(minutes.intersection(read))


def saved(store: CassandraStore) -> set[tuple[int, datetime]]:
    """The length in minutes and the start of each period whose totals are saved; 0: a day."""
    session = store.connection.session().session
    days = session.execute("SELECT day, totals FROM days")
    rows = session.execute("SELECT minutes, start FROM totals")
    midnights = {datetime.fromisoformat(f"{row.day}T00:00Z") for row in days if row.totals is not None}
    return {(0, each) for each in midnights} | {(row.minutes, row.start.replace(tzinfo=UTC)) for row in rows}


def minute_of(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def test_a_day_that_is_over_is_counted_once(store: CassandraStore, other: CassandraStore, era: Era) -> None:
    before = counted(store)
    made = [era.at(0), era.at(70), era.at(7200)]
    insert_at(store, *made)
    time.sleep(SKEW)
    minutes = {minute_of(each) for each in made}
    assert minutes_read(store, minutes) == sorted(minutes)
    assert minutes_read(store, minutes) == minutes_read(other, minutes) == []
    assert counted(store) == counted(other) == before + 3


def test_after_a_late_record_only_its_minute_is_read(store: CassandraStore, other: CassandraStore, era: Era) -> None:
    before = counted(store)
    made = [era.at(0), era.at(70), era.at(7200), era.at(days=1)]
    insert_at(store, *made)
    time.sleep(SKEW)
    assert counted(store) == before + 4
    day, minute = (0, era.start.replace(hour=0)), (1, era.at(60))
    assert {day, minute} <= saved(store)
    insert_at(store, era.at(71))
    assert not {day, minute} & saved(store)
    assert minutes_read(other, {minute_of(each) for each in made}) == [era.at(60)]
    time.sleep(SKEW)
    assert counted(other) == counted(store) == before + 5
    assert day in saved(store)


def test_a_count_that_began_before_a_change_is_not_saved(store: CassandraStore, era: Era) -> None:
    before = counted(store)
    insert_at(store, era.at(0))
    time.sleep(SKEW)
    began = datetime.now(UTC)
    insert_at(store, era.at(1))
    timestamp = int((began - timedelta(seconds=SKEW)).timestamp() * 1_000_000)
    store.connection.execute("save", (era.start.date(), 1, era.start, '[[["7"],1]]', timestamp))
    assert (1, era.start) not in saved(store)
    assert counted(store) == before + 2


def test_minutes_and_hours_of_today_are_saved(store: CassandraStore, other: CassandraStore) -> None:
    before, now = counted(store), datetime.now(UTC)
    made = [now - timedelta(minutes=each) for each in (5, 70, 71, 140)]
    insert_at(store, *made)
    minutes = {(1, minute_of(each)) for each in made}
    hours = {(60, minute.replace(minute=0)) for _, minute in minutes}
    over = {each for each in hours if each[1].date() == now.date() and now > each[1] + timedelta(minutes=62)}
    end = time.monotonic() + 60
    while not minutes | over <= saved(store):  # counting in the background may have found them changed just now
        assert time.monotonic() < end
        time.sleep(SKEW)
        assert counted(store) == before + 4
    assert minutes_read(other, {minute_of(each) for each in made}) == []
    insert_at(store, made[1])
    assert counted(store) == counted(other) == before + 5


def test_records_of_the_current_minute_are_counted_at_once(store: CassandraStore, other: CassandraStore) -> None:
    before = counted(store)
    for number in range(1, 13):
        insert_at(other, datetime.now(UTC))
        assert counted(store) == counted(other) == before + number
        time.sleep(0.2)


def test_changes_of_the_current_minute_are_counted_at_once(store: CassandraStore, other: CassandraStore) -> None:
    made = [record(id=new_id(), expected="1", result="3", digit=3) for _ in range(3)]
    for each in made:
        other.insert(each, drawing(), 20)
    time.sleep(SKEW)
    assert confusion(store, "3") == {"1": 3}
    other.correct(made[0].id, "4")
    assert confusion(store, "3") == confusion(other, "3") == {"1": 2, "4": 1}
    other.delete(made[1].id)
    assert confusion(store, "3") == {"1": 1, "4": 1}
    time.sleep(SKEW)
    assert confusion(store, "3") == {"1": 1, "4": 1}
    other.correct(made[0].id, None)
    assert confusion(store, "3") == confusion(other, "3") == {"1": 2}


def test_late_records_of_the_current_minute_are_counted_at_once(store: CassandraStore, other: CassandraStore) -> None:
    before = counted(store)
    for number in range(1, 5):
        insert_at(other, datetime.now(UTC) - timedelta(seconds=2))
        assert counted(store) == before + number
        time.sleep(SKEW / 2)


def test_late_records_of_a_partition_share_a_mark(
    store: CassandraStore, other: CassandraStore, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "SHARED", timedelta(seconds=60))
    monkeypatch.setattr(counts, "SKEW", timedelta(seconds=70))
    before, first = counted(store), era.record()
    partition, second = Partition.of(first.id), era.record()
    while Partition.of(second.id) != partition:
        second = era.record()

    def mark() -> datetime:
        found = store.connection.execute("partitions", (partition.minute.date(), [partition.minute]))
        changed: datetime = next(row.changed for row in found if row.shard == partition.shard)
        return changed

    store.insert(first, drawing(), 20)
    assert counted(other) == before + 1
    marked = mark()
    store.insert(second, drawing(), 20)
    assert mark() == marked
    assert counted(other) == before + 2


def test_a_record_with_a_time_ahead_is_counted(store: CassandraStore, other: CassandraStore) -> None:
    before = counted(store)
    insert_at(other, datetime.now(UTC) + timedelta(seconds=55))
    assert counted(store) == counted(other) == before + 1


def test_a_process_that_writes_saves_minutes_in_the_background(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "INTERVAL", 0.1)
    store, now = opened_cassandra(url), datetime.now(UTC)
    past = max(minute_of(now) - timedelta(minutes=30), now.replace(hour=0, minute=0, second=0, microsecond=0))
    insert_at(store, past)
    end = time.monotonic() + 120  # soon after midnight, `past` has to be over first
    while (1, past) not in saved(store) and time.monotonic() < end:
        insert_at(store, datetime.now(UTC))
        time.sleep(0.1)
    assert (1, past) in saved(store)
    store.close()
