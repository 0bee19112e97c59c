"""Records newest first: minute by minute, of which the newest that have any are asked first."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from backend.records.cassandra.connection import Asked, Link
from backend.records.cassandra.partition import PREDICTION
from backend.records.cassandra.timeuuid import just_after
from backend.records.record import Record, date_of

A_LOOK = 64  # rows that say where records are, asked for at once
MOST_AHEAD = 16  # partitions' minutes that are asked for at the same time

COLUMNS = (
    "id, at, result, digit, confidence, probabilities, verdict, source, model_version, file_name, expected, client, "
    "label, deleted"
)

STATEMENTS = {
    # Without a limit of each, Cassandra would read the whole minute to sort it.
    "newest": (
        f"SELECT {COLUMNS} FROM records WHERE minute = ? AND shard IN ? AND id < ? ORDER BY id DESC "
        "PER PARTITION LIMIT ? LIMIT ?"
    ),
    "days": "SELECT day FROM days WHERE part = 0 AND day <= ?",
    "minutes": "SELECT minute, shard FROM minutes WHERE day = ? AND minute <= ?",
}


def newest_first(
    link: Link, before: uuid.UUID, day: date | None, chunk: int
) -> Iterator[tuple[uuid.UUID, Record | None]]:
    """Ids older than `before`, newest first, each with its record unless that was deleted.

    It asks for the newest minute with records alone, then for more and more at the same time.
    """
    minutes = _minutes(link, min(date_of(before), datetime.now(UTC) + timedelta(days=1)), day)
    ahead = 1
    while group := list(itertools.islice(minutes, ahead)):
        asked = [link.send("newest", (*minute, before, chunk, chunk)) for minute in group]
        for minute, first in zip(group, asked, strict=True):
            yield from _in_minute(link, minute, first, chunk)
        ahead = min(ahead * 2, MOST_AHEAD)


def _minutes(link: Link, last: datetime, only: date | None) -> Iterator[tuple[datetime, list[int]]]:
    """The minutes that have records, from the one of `last` back, each with its shards."""
    days = [only] if only else (row.day.date() for row in link.walk("days", (last.date(),), A_LOOK))
    for day in days:
        rows = link.walk("minutes", (day, last), A_LOOK)
        for minute, of_minute in itertools.groupby(rows, key=lambda row: row.minute):
            yield minute.replace(tzinfo=UTC), [row.shard for row in of_minute]


def _in_minute(
    link: Link, minute: tuple[datetime, list[int]], first: Asked, chunk: int
) -> Iterator[tuple[uuid.UUID, Record | None]]:
    """What `first`, a query for `chunk` rows, found in a minute, and all that follows there."""
    asked, size = first, chunk
    while True:
        rows = list(link.result(asked))
        groups = [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.id)]
        more = len(rows) == size
        if more and rows[-1].at != PREDICTION:
            groups.pop()  # its prediction is in what follows
        for group in groups:
            yield group[0].id, record_of(group)
        if not more:
            return
        if groups:
            before, size = groups[-1][0].id, chunk
        else:
            before, size = just_after(rows[0].id), size * 2  # a record with very many corrections
        asked = link.send("newest", (*minute, before, size, size))


def record_of(rows: Sequence[Any]) -> Record | None:
    """The record that a prediction, the last of the rows, and its changes before it make."""
    if not rows or rows[-1].at != PREDICTION or any(row.deleted for row in rows):
        return None
    row = rows[-1]
    return Record(
        id=row.id,
        result=row.result,
        digit=row.digit,
        confidence=row.confidence,
        probabilities=tuple(row.probabilities),
        verdict=row.verdict,
        source=row.source,
        model_version=row.model_version,
        file_name=row.file_name,
        expected=row.expected,
        label=rows[0].label,
        client=row.client,
    )
