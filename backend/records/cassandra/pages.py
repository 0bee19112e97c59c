"""Listing records newest first, minute by minute, from the newest minute that has records."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from backend.records.cassandra.connection import Connection, PendingStatement
from backend.records.cassandra.rows import COLUMNS, PREDICTION, record_of
from backend.records.cassandra.timeuuid import just_after
from backend.records.ids import date_of
from backend.records.record import Record

DIRECTORY_ROWS = 64  # rows of `days` and `minutes` that are fetched at a time
MOST_AHEAD = 16  # minutes that are queried at the same time

STATEMENTS = {
    # Without the limit per partition Cassandra would read the whole minute to sort it.
    "newest": (
        f"SELECT {COLUMNS} FROM records WHERE minute = ? AND shard IN ? AND id < ? ORDER BY id DESC "
        "PER PARTITION LIMIT ? LIMIT ?"
    ),
    "days": "SELECT day FROM days WHERE part = 0 AND day <= ?",
    "minutes": "SELECT minute, shard FROM minutes WHERE day = ? AND minute <= ?",
}

Minute = tuple[datetime, list[int]]  # and the shards that have records in it
Found = tuple[uuid.UUID, Record | None]  # None: the record was deleted


def newest_first(connection: Connection, before: uuid.UUID, day: date | None, chunk: int) -> Iterator[Found]:
    """All records older than `before`, of one UTC day or of all, fetched `chunk` rows at a time.

    Queries the newest minute alone, then more and more minutes at the same time.
    """
    minutes = _minutes(connection, min(date_of(before), datetime.now(UTC) + timedelta(days=1)), day)
    ahead = 1
    while group := list(itertools.islice(minutes, ahead)):
        pending = [connection.send("newest", (*minute, before, chunk, chunk)) for minute in group]
        for minute, first in zip(group, pending, strict=True):
            yield from _in_minute(connection, minute, first, chunk)
        ahead = min(ahead * 2, MOST_AHEAD)


def _minutes(connection: Connection, last: datetime, only: date | None) -> Iterator[Minute]:
    """The minutes that have records, from that of `last` back."""
    days = [only] if only else (row.day.date() for row in connection.stream("days", (last.date(),), DIRECTORY_ROWS))
    for day in days:
        rows = connection.stream("minutes", (day, last), DIRECTORY_ROWS)
        for minute, of_minute in itertools.groupby(rows, key=lambda row: row.minute):
            yield minute.replace(tzinfo=UTC), [row.shard for row in of_minute]


def _in_minute(connection: Connection, minute: Minute, pending: PendingStatement, chunk: int) -> Iterator[Found]:
    """The records of a minute: those of `pending`, a query for `chunk` rows, and the older ones."""
    size = chunk
    while True:
        rows = list(connection.result(pending))
        groups = [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.id)]
        more = len(rows) == size
        if more and rows[-1].at != PREDICTION:
            groups.pop()  # its other rows come with the next query
        for group in groups:
            yield group[0].id, record_of(group)
        if not more:
            return
        if groups:
            before, size = groups[-1][0].id, chunk
        else:
            before, size = just_after(rows[0].id), size * 2  # one record with more corrections than that
        pending = connection.send("newest", (*minute, before, size, size))
