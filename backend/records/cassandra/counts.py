"""Counting records without scanning all of them: a partition is counted once, when its minute is over.

Counts are computed from the records, so any process may compute them again at any time. Whoever changes a counted
partition (by a correction, a deletion, or a record from an outbox) deletes its counts. If another process is counting
at that moment, the deletion wins: counts are written with a timestamp SKEW before the counting began, and Cassandra
keeps what has the later timestamp.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from backend.records.cassandra.connection import Connection, PendingStatement
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.rows import COLUMNS, record_of
from backend.records.record import Confusion, Count, RecorderUnavailable

SKEW = timedelta(seconds=10)  # the largest difference between the clocks of two machines
OVER = timedelta(minutes=1) + SKEW  # after which only outboxes add records to a minute
INTERVAL = 30.0  # seconds between two rounds of counting what this process wrote
CONCURRENT = 16  # partitions that are counted at the same time

STATEMENTS = {
    "counts of days": "SELECT day, results, confusion FROM days WHERE part = 0",
    "counts of minutes": "SELECT minute, shard, results, confusion FROM minutes WHERE day = ?",
    "records of partition": f"SELECT {COLUMNS} FROM records WHERE minute = ? AND shard = ?",
    "save minute": (
        "UPDATE minutes USING TIMESTAMP ? SET results = ?, confusion = ? WHERE day = ? AND minute = ? AND shard = ?"
    ),
    "save day": "UPDATE days USING TIMESTAMP ? SET results = ?, confusion = ? WHERE part = 0 AND day = ?",
    "forget minute": "DELETE results, confusion FROM minutes WHERE day = ? AND minute = ? AND shard = ?",
    "forget day": "DELETE results, confusion FROM days WHERE part = 0 AND day = ?",
}


class Totals(msgspec.Struct, frozen=True):
    """The counts of a partition or of a day."""

    results: Counter[str]
    confusion: Counter[tuple[str, str]]  # (meant, read)

    @classmethod
    def sum(cls, parts: Iterable[Totals]) -> Totals:
        total = cls(Counter(), Counter())
        for part in parts:
            total.results.update(part.results)
            total.confusion.update(part.confusion)
        return total


class Counts:
    """The counts of a keyspace, and the thread that counts what this process wrote."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._uncounted: dict[Partition, None] = {}  # written by this process
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="count records", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def counts(self) -> list[Count]:
        return [
            Count(day=day, result=result, count=count)
            for day, totals in self._days()
            for result, count in sorted(totals.results.items())
        ]

    def confusion(self) -> list[Confusion]:
        total = Totals.sum(totals for _, totals in self._days())
        return [Confusion(meant=meant, read=read, count=n) for (meant, read), n in sorted(total.confusion.items())]

    def inserted(self, partition: Partition, timeout: float) -> list[PendingStatement]:
        """To be called when a record is inserted, less than SKEW before it is there. Returns what to wait for if the
        minute is over, so that its counts have to be deleted."""
        self._uncounted[partition] = None
        return self.forget(partition, timeout) if _is_over(partition.minute) else []

    def forget(self, partition: Partition, timeout: float) -> list[PendingStatement]:
        """Delete the counts that include a partition, before it is changed."""
        day = partition.minute.date()
        return [
            self._connection.send("forget minute", (day, *partition), timeout),
            self._connection.send("forget day", (day,), timeout),
        ]

    def count(self, partitions: Sequence[Partition]) -> list[Totals]:
        """Count partitions, and save the counts of those whose minute is over."""
        began = datetime.now(UTC)
        queries = [self._connection.send("records of partition", partition) for partition in partitions]
        counted = [_count_rows(self._connection.result(each)) for each in queries]
        writes = [
            self._connection.send(
                "save minute",
                (_timestamp(began), totals.results, totals.confusion, partition.minute.date(), *partition),
            )
            for partition, totals in zip(partitions, counted, strict=True)
            if _is_over(partition.minute)
        ]
        for each in writes:
            self._connection.result(each)
        return counted

    def _days(self) -> list[tuple[date, Totals]]:
        return [
            (row.day.date(), self._count_day(row.day.date()) if row.results is None else _saved(row))
            for row in self._connection.stream("counts of days", ())
        ]

    def _count_day(self, day: date) -> Totals:
        began = datetime.now(UTC)
        total = Totals(Counter(), Counter())
        rows = self._connection.stream("counts of minutes", (day,))
        while group := list(itertools.islice(rows, CONCURRENT)):
            uncounted = [Partition(row.minute.replace(tzinfo=UTC), row.shard) for row in group if row.results is None]
            saved = [_saved(row) for row in group if row.results is not None]
            total = Totals.sum([total, *saved, *self.count(uncounted)])
        if _is_over(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)):
            self._connection.execute("save day", (_timestamp(began), total.results, total.confusion, day))
        return total

    def _run(self) -> None:
        while not self._closing.wait(INTERVAL):
            over = [partition for partition in list(self._uncounted) if _is_over(partition.minute)]
            try:
                for start in range(0, len(over), CONCURRENT):
                    group = over[start : start + CONCURRENT]
                    self.count(group)
                    for partition in group:
                        del self._uncounted[partition]
            except RecorderUnavailable:
                continue  # the next round counts them, or the next call of `counts`


def _is_over(minute: datetime) -> bool:
    return datetime.now(UTC) > minute + OVER


def _timestamp(began: datetime) -> int:
    return int((began - SKEW).timestamp() * 1_000_000)


def _saved(row: Any) -> Totals:
    return Totals(Counter(dict(row.results)), Counter(dict(row.confusion)))


def _count_rows(rows: Iterable[Any]) -> Totals:
    totals = Totals(Counter(), Counter())
    for _, group in itertools.groupby(rows, key=lambda row: row.id):
        record = record_of(list(group))
        if record is not None:
            totals.results[record.result] += 1
            if record.meant is not None:
                totals.confusion[record.meant, record.read] += 1
    return totals
