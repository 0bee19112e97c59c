"""Counting records without scanning all of them: totals are saved for each minute, hour and day when it is over.

The current day is the sum of its hours, of the minutes of the current hour, and of the open minutes. Of the open
minutes a process remembers what it counted, and the next time it reads only newer ids.

Totals are computed from the records, so any process may compute them again at any time. Whoever changes what may have
been counted (by a correction, a deletion, or a record that comes LATE) deletes the saved totals that include it and
marks its partition as changed. A process that counts at that moment may miss the change. Therefore a change voids all
counts that began less than SKEW after it: totals are saved with a timestamp SKEW before the counting began, and
Cassandra keeps what has the later timestamp; what a process remembers is used if the mark is older than that.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from backend.records.cassandra import totals
from backend.records.cassandra.connection import Connection, PendingStatement
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.totals import Totals
from backend.records.ids import ticks
from backend.records.record import Confusion, Count, RecordCounts, RecorderUnavailable

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AHEAD = MINUTE  # how far the time of an id may be in the future
LATE = timedelta(seconds=2)  # after the time of its id; a record that is inserted later marks its partition
OVERLAP = timedelta(seconds=3)  # the newest ids, which are read again: LATE, and 1 s for insertions and clocks
SHARED = timedelta(seconds=2)  # how long a mark also serves for other late records of its partition
SKEW = timedelta(seconds=10) + SHARED  # 10 s: the largest difference between the clocks of two machines
OVER = MINUTE + LATE + SKEW  # after which every record that is added to a minute is late
INTERVAL = 3.0  # seconds between two rounds of counting in the background
NEVER = datetime.min.replace(tzinfo=UTC)

STATEMENTS = {
    "totals of days": "SELECT day, totals, results, confusion FROM days WHERE part = 0",
    "totals of hours": "SELECT start, totals FROM totals WHERE day = ? AND minutes = 60",
    "totals of minutes": "SELECT start, totals FROM totals WHERE day = ? AND minutes = 1 AND start >= ? AND start < ?",
    "partitions": "SELECT minute, shard, changed FROM minutes WHERE day = ? AND minute IN ?",
    "records of minute": (
        f"SELECT shard, {totals.COLUMNS} FROM records WHERE minute = ? AND shard IN ? AND id >= minTimeuuid(?)"
    ),
    "save": "INSERT INTO totals (day, minutes, start, totals) VALUES (?, ?, ?, ?) USING TIMESTAMP ?",
    "save day": "UPDATE days USING TIMESTAMP ? SET totals = ? WHERE part = 0 AND day = ?",
    "mark": "UPDATE minutes SET changed = ? WHERE day = ? AND minute = ? AND shard = ?",
    "forget": "DELETE FROM totals WHERE day = ? AND minutes = ? AND start = ?",
    "forget day": "DELETE totals, results, confusion FROM days WHERE part = 0 AND day = ?",
}


@dataclass
class OpenMinute:
    """What a process remembers of a minute: its ids before `until`, and for each shard when it began to count them."""

    until: datetime
    began: dict[int, datetime] = field(default_factory=dict)
    counted: dict[int, Totals] = field(default_factory=dict)


class Counts:
    """The counts of a keyspace, and the thread that counts in the background while this process writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: dict[datetime, OpenMinute] = {}
        self._wrote = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="count records", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def counts(self) -> RecordCounts:
        saved = self._connection.stream("totals of days", ())
        today = datetime.now(UTC).date()
        days = {today: self._count_day(today)}  # while `saved` is on its way
        for row in saved:
            day = row.day.date()
            if day not in days:
                days[day] = self._count_day(day) if row.totals is row.results is None else totals.from_row(row)
        by_day = [(day, key, count) for day in sorted(days, reverse=True) for key, count in sorted(days[day].items())]
        total = sorted(totals.total(days.values()).items())
        return RecordCounts(
            days=tuple(Count(day=day, result=key[0], count=count) for day, key, count in by_day if len(key) == 1),
            confusion=tuple(Confusion(meant=key[0], read=key[1], count=n) for key, n in total if len(key) == 2),
        )

    def wrote(self) -> None:
        """Call it when this process has inserted a record, so that it also counts in the background."""
        self._wrote = True

    def forget(self, partition: Partition, timeout: float) -> list[PendingStatement]:
        """Void the counts that include a partition. Call it less than SKEW before it is changed, or before a LATE
        record is inserted. Returns what to wait for."""
        minute, day = partition.minute, partition.minute.date()
        parts: list[tuple[str, Sequence[object]]] = [
            ("mark", (datetime.now(UTC), day, *partition)),
            ("forget", (day, 1, minute)),
            ("forget", (day, 60, minute.replace(minute=0))),
        ]
        return [self._connection.send_batch(parts, timeout), self._connection.send("forget day", (day,), timeout)]

    def count(self, minute: datetime, shards: Mapping[int, datetime]) -> Totals:
        """Count a minute that is over, and save its totals. shards: when each was changed, or NEVER."""
        began = datetime.now(UTC)
        total, _ = self._read(OpenMinute(minute), (), minute, shards, began)
        self._save(began, 1, minute, total)
        return total

    def _count_day(self, day: date) -> Totals:
        began, midnight = datetime.now(UTC), datetime(day.year, day.month, day.day, tzinfo=UTC)
        this_hour = began.replace(minute=0, second=0, microsecond=0)
        # All that is usually needed is sent at once, because each response takes milliseconds.
        of_hours = self._connection.stream("totals of hours", (day,))
        of_minutes = self._connection.stream("totals of minutes", (day, this_hour, this_hour + HOUR))
        known = {minute: each for minute, each in list(self._open.items()) if minute.date() == day}
        newest = {minute: self._records(minute, each.began, each.until) for minute, each in known.items()}
        hours = _saved(of_hours)
        missing = {
            hour: [hour + n * MINUTE for n in range(60)]
            for hour in (midnight + n * HOUR for n in range(24))
            if hour not in hours and hour < began + AHEAD
        }
        if not missing.keys() <= {this_hour}:
            of_minutes = self._connection.stream("totals of minutes", (day, min(missing), max(missing) + HOUR))
        minutes = _saved(of_minutes)
        unsaved = [minute for of_hour in missing.values() for minute in of_hour if minute not in minutes]
        shards: dict[datetime, dict[int, datetime]] = {}  # and when each was changed
        for row in self._connection.stream("partitions", (day, unsaved)):
            shards.setdefault(_utc(row.minute), {})[row.shard] = _utc(row.changed) if row.changed else NEVER
        still_open = {minute for minute in unsaved if self._is_open(minute, shards.get(minute, {}))}
        for minute, of_minute in shards.items():
            if minute in still_open:
                before = known.get(minute, OpenMinute(minute))
                minutes[minute], self._open[minute] = self._read(
                    before, newest.get(minute, ()), minute, of_minute, began
                )
            else:
                minutes[minute] = self.count(minute, of_minute)
        for hour, of_hour in missing.items():
            hours[hour] = totals.total(minutes[minute] for minute in of_hour if minute in minutes)
        total = totals.total(hours.values())
        if len(hours) == 24 and not still_open:
            self._connection.execute("save day", (_timestamp(began), totals.to_text(total), day))
            return total
        for hour, of_hour in missing.items():
            if still_open.isdisjoint(of_hour):
                self._save(began, 60, hour, hours[hour])
        return total

    def _is_open(self, minute: datetime, shards: Mapping[int, datetime]) -> bool:
        now = datetime.now(UTC)
        return minute in self._open or now < minute + OVER or any(now < changed + SKEW for changed in shards.values())

    def _read(
        self, known: OpenMinute, newest: Iterable[Any], minute: datetime, shards: Mapping[int, datetime], now: datetime
    ) -> tuple[Totals, OpenMinute]:
        """Count a minute: what is `known`, the `newest` records of its shards, which were read since `now`, and all
        records of the shards that are new or were changed."""
        valid = [shard for shard, began in known.began.items() if shards.get(shard, now) < began - SKEW]
        void = [shard for shard in shards if shard not in valid]
        until = max(known.until, now - OVERLAP)
        until -= timedelta(microseconds=until.microsecond % 1000)  # minTimeuuid takes milliseconds
        began = {shard: known.began.get(shard, now) for shard in valid} | dict.fromkeys(void, now)
        counted = {shard: Totals(known.counted[shard] if shard in valid else ()) for shard in began}
        open_end, boundary = Totals(), ticks(until)
        of_valid = (row for row in newest if row.shard in valid)
        for row, keys in totals.count_rows(itertools.chain(of_valid, self._records(minute, void, minute))):
            of_row = counted[row.shard] if row.id.time < boundary else open_end
            for key in keys:
                of_row[key] += 1
        return totals.total([open_end, *counted.values()]), OpenMinute(until, began, counted)

    def _records(self, minute: datetime, shards: Collection[int], start: datetime) -> Iterable[Any]:
        """The rows of these shards of a minute since `start`."""
        if start >= minute + MINUTE or not shards:
            return ()
        return self._connection.stream("records of minute", (minute, list(shards), start))

    def _save(self, began: datetime, minutes: int, start: datetime, total: Totals) -> None:
        self._connection.execute("save", (start.date(), minutes, start, totals.to_text(total), _timestamp(began)))

    def _run(self) -> None:
        pause = INTERVAL
        turns = random.SystemRandom()  # so that processes take turns; leaves the state of `random` alone
        while not self._closing.wait(pause * turns.uniform(0.5, 1.5)):
            began = datetime.now(UTC)
            for minute in [each for each in list(self._open) if began > each + OVER]:
                self._open.pop(minute, None)
            if self._wrote:
                self._wrote = False
                try:
                    for day in {began.date(), (began - 2 * OVER).date()}:
                        self._count_day(day)
                except RecorderUnavailable:
                    pass  # the next round counts them, or the next call of `counts`
                pause = max(INTERVAL, 100 * (datetime.now(UTC) - began).total_seconds())  # at most 1 % of the time


def _saved(rows: Iterable[Any]) -> dict[datetime, Totals]:
    return {_utc(row.start): totals.from_row(row) for row in rows}


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def _timestamp(began: datetime) -> int:
    return int((began - SKEW).timestamp() * 1_000_000)
