"""Fills a store with many records, using the statements of the store itself, but many records at once."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from backend.records.cassandra.connection import PendingStatement
from backend.records.cassandra.counts import NEVER, Counts
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.rows import insertion
from backend.records.cassandra.store import CassandraStore, list_partition
from backend.records.record import Drawing, Record, RecorderUnavailable
from backend.records.sqlite import transactions
from backend.records.sqlite.store import SqliteStore
from backend.records.store import Store
from tools.sample_records import id_at, record
from tools.stores import opened, opened_cassandra

DRAWING = Drawing(image=b"\x89PNG" * 10, media_type="image/png", seen=bytes(784))
A_MINUTE = 6_000  # records: 100 a second
A_SHARD = 256  # consecutive records share a shard, like those of a busy process
A_MUTATION = 32  # records per batch: a node refuses batches of more than 50 KiB
LOADERS = 3  # processes
MAX_PENDING = 4  # batches of each process
ATTEMPTS = 10  # to load a minute
PAUSE = 5.0  # seconds between them, in which a node that was too busy recovers


def last_minute() -> datetime:
    """The last complete minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)


def of_minute(minute: datetime, count: int = A_MINUTE) -> Iterator[Record]:
    """The last `count` records of a minute, oldest first."""
    for number in range(A_MINUTE - count, A_MINUTE):
        instant = minute + timedelta(seconds=number * 60 / A_MINUTE)
        yield record(id=id_at(instant, clock=number // A_SHARD), result=str(number % 10), digit=number % 10)


def minutes(count: int) -> list[tuple[datetime, int]]:
    """The minutes that hold `count` records, newest first, and the number of records in each."""
    newest, full, rest = last_minute(), *divmod(count, A_MINUTE)
    sizes = [A_MINUTE] * full + [rest] * bool(rest)
    return [(newest - timedelta(minutes=back), size) for back, size in enumerate(sizes)]


def batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    left = iter(records)
    while batch := list(islice(left, size)):
        yield batch


def load(url: str, count: int, seconds: float) -> int:
    """Insert `count` records; into Cassandra for at most `seconds`, newest first. Returns how many."""
    store = opened(url)
    try:
        if isinstance(store, SqliteStore):
            return _load_sqlite(store, count)
    finally:
        store.close()
    spawn = multiprocessing.get_context("spawn")
    todo: Any = spawn.Queue()
    for each in [*minutes(count), *[None] * LOADERS]:
        todo.put(each)
    done = spawn.Value("q", 0)
    loaders = [spawn.Process(target=_loader, args=(url, todo, done, time.time() + seconds)) for _ in range(LOADERS)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
        if loader.exitcode:
            raise RuntimeError(f"A loader ended with {loader.exitcode}.")
    todo.cancel_join_thread()
    return int(done.value)


def _loader(url: str, todo: Any, done: Any, end: float) -> None:
    store = opened_cassandra(url)
    while time.time() < end and (some := todo.get()):
        records = list(of_minute(*some))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _load_minute(store, records)
                break
            except RecorderUnavailable:  # busy nodes do not respond in time; the same records are written again
                if attempt == ATTEMPTS:
                    raise
                time.sleep(PAUSE)
        with done:
            done.value += some[1]
    store.close()


def _load_minute(store: CassandraStore, records: Iterable[Record]) -> None:
    """Write what CassandraStore.insert writes, many records at once, and the counts when the minute is complete."""
    connection, partitions = store.connection, list[Partition]()
    pending = list[PendingStatement]()
    for shard in batches(records, A_SHARD):
        partition = Partition.of(shard[0].id)
        partitions.append(partition)
        pending += list_partition(connection, partition, 30)
        for some in batches(shard, A_MUTATION):
            parts = [part for each in some for part in insertion(each, DRAWING)]
            pending.append(connection.send_batch(parts, 30))
        while len(pending) > MAX_PENDING:
            connection.result(pending.pop(0))
    for each in pending:
        connection.result(each)
    Counts(connection).count(partitions[0].minute, {each.shard: NEVER for each in partitions})


def _load_sqlite(store: Store, count: int) -> int:
    """Insert 100,000 records per transaction, oldest first."""
    assert isinstance(store, SqliteStore)
    records = (each for minute, size in reversed(minutes(count)) for each in of_minute(minute, size))
    for some in batches(records, 100_000):

        def work(connection: sqlite3.Connection, some: list[Record] = some) -> None:
            for each in some:
                transactions.insert(connection, each, DRAWING)

        store.file.write(work)
    return count
