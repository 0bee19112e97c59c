"""Counts of records without scanning them: each partition is counted once, when its minute is over.

A count is computed from the records, so it may be computed again at any time, by any process. What
changes a counted partition (a correction, a deletion, a record that was queued) makes its counts
forgotten. Should someone be counting at that very moment, the forgetting wins: counts are dated
SKEW before the counting began, and Cassandra keeps what has the later date.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from backend.records.cassandra.connection import Asked, Link
from backend.records.cassandra.partition import PREDICTION, Partition
from backend.records.record import Confusion, Count, RecorderUnavailable

SKEW = timedelta(seconds=10)  # by which the clocks of two machines may differ
OVER = timedelta(minutes=1) + SKEW  # after which nothing new is written to a minute but by an outbox
EVERY = 30.0  # seconds between two rounds of counting what this process wrote
AT_ONCE = 16  # partitions


STATEMENTS = {
    "tallied days": "SELECT day, results, confusion FROM days WHERE part = 0",
    "tallied minutes": "SELECT minute, shard, results, confusion FROM minutes WHERE day = ?",
    "to tally": (
        "SELECT id, at, result, verdict, digit, expected, label, deleted FROM records WHERE minute = ? AND shard = ?"
    ),
    "keep minute": (
        "UPDATE minutes USING TIMESTAMP ? SET results = ?, confusion = ? WHERE day = ? AND minute = ? AND shard = ?"
    ),
    "keep day": "UPDATE days USING TIMESTAMP ? SET results = ?, confusion = ? WHERE part = 0 AND day = ?",
    "forget minute": "DELETE results, confusion FROM minutes WHERE day = ? AND minute = ? AND shard = ?",
    "forget day": "DELETE results, confusion FROM days WHERE part = 0 AND day = ?",
}


class Tally(msgspec.Struct, frozen=True):
    results: Counter[str]
    confusion: Counter[tuple[str, str]]  # (meant, read)

    @classmethod
    def sum(cls, tallies: Sequence[Tally]) -> Tally:
        total = cls(Counter(), Counter())
        for each in tallies:
            total.results.update(each.results)
            total.confusion.update(each.confusion)
        return total


class Tallies:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._uncounted: dict[Partition, None] = {}  # written by this process
        self._closing = threading.Event()
        self._rounds = threading.Thread(target=self._count_what_is_over, name="count records", daemon=True)

    def start(self) -> None:
        self._rounds.start()

    def close(self) -> None:
        self._closing.set()
        if self._rounds.ident is not None:
            self._rounds.join()

    def counts(self) -> list[Count]:
        return [
            Count(day=day, result=result, count=count)
            for day, tally in self._days()
            for result, count in sorted(tally.results.items())
        ]

    def confusion(self) -> list[Confusion]:
        total = Tally.sum([tally for _, tally in self._days()])
        return [Confusion(meant=meant, read=read, count=n) for (meant, read), n in sorted(total.confusion.items())]

    def written(self, partition: Partition, timeout: float) -> list[Asked]:
        """Call it with each record that is added to `partition`; what to wait for, where its minute is over.

        It may be done before the record is there, by less than SKEW.
        """
        self._uncounted[partition] = None
        if not _is_over(partition.minute):
            return []
        return [self._link.send(name, values, timeout) for name, values in self.forgetting(partition)]

    def forgetting(self, partition: Partition) -> list[tuple[str, Sequence[object]]]:
        """Statements for whoever changes something in `partition`."""
        day = partition.minute.date()
        return [("forget minute", (day, *partition)), ("forget day", (day,))]

    def _days(self) -> list[tuple[date, Tally]]:
        return [
            (row.day.date(), self._day(row.day.date()) if row.results is None else _kept(row))
            for row in self._link.walk("tallied days", ())
        ]

    def _day(self, day: date) -> Tally:
        began = datetime.now(UTC)
        tallies = []
        rows = self._link.walk("tallied minutes", (day,))
        while some := list(itertools.islice(rows, AT_ONCE)):
            partitions = [Partition(row.minute.replace(tzinfo=UTC), row.shard) for row in some if row.results is None]
            tallies += [_kept(row) for row in some if row.results is not None]
            tallies += self._count(partitions)
        total = Tally.sum(tallies)
        if _is_over(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)):
            self._link.ask("keep day", (_dated(began), total.results, total.confusion, day))
        return total

    def _count(self, partitions: Sequence[Partition]) -> list[Tally]:
        """Count partitions, and keep the counts of those whose minute is over."""
        began = datetime.now(UTC)
        asked = [self._link.send("to tally", partition) for partition in partitions]
        tallies = [_counted(list(self._link.result(each))) for each in asked]
        kept = [
            self._link.send(
                "keep minute", (_dated(began), tally.results, tally.confusion, partition.minute.date(), *partition)
            )
            for partition, tally in zip(partitions, tallies, strict=True)
            if _is_over(partition.minute)
        ]
        for each in kept:
            self._link.result(each)
        return tallies

    def _count_what_is_over(self) -> None:
        while not self._closing.wait(EVERY):
            over = [partition for partition in list(self._uncounted) if _is_over(partition.minute)]
            try:
                for start in range(0, len(over), AT_ONCE):
                    self._count(over[start : start + AT_ONCE])
                    for partition in over[start : start + AT_ONCE]:
                        del self._uncounted[partition]
            except RecorderUnavailable:
                continue  # the next round will do it, or whoever asks for the counts


def _is_over(minute: datetime) -> bool:
    return datetime.now(UTC) > minute + OVER


def _dated(began: datetime) -> int:
    return int((began - SKEW).timestamp() * 1_000_000)


def _kept(row: Any) -> Tally:
    return Tally(Counter(dict(row.results)), Counter(dict(row.confusion)))


def _counted(rows: Sequence[Any]) -> Tally:
    """The counts of a partition's rows: each record's changes, the newest first, then its prediction."""
    tally = Tally(Counter(), Counter())
    for _, group in itertools.groupby(rows, key=lambda row: row.id):
        of_record = list(group)
        prediction = of_record[-1]
        if prediction.at != PREDICTION or any(row.deleted for row in of_record):
            continue
        tally.results[prediction.result] += 1
        meant = of_record[0].label or prediction.expected
        if meant is not None:
            read = "not_a_digit" if prediction.verdict == "not_a_digit" else str(prediction.digit)
            tally.confusion[meant, read] += 1
    return tally
