"""Records in SQLite."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from backend.records.record import (
    Confusion,
    Count,
    Drawing,
    Filter,
    Page,
    Record,
    RecorderUnavailable,
    ticks,
)
from backend.records.sqlite import transactions
from backend.records.sqlite.file import SqliteFile
from backend.records.sqlite.schema import COLUMNS, LAST_CHANGE, MIGRATIONS, record_of

CHANGE_TIMEOUT = 5.0  # seconds, for corrections and deletions
LOOK_AT = 20_000  # records that one page looks at, at most, when a filter lets few of them through


class SqliteStore:
    """See backend.records.record.Store."""

    def __init__(self, path: Path) -> None:
        self.file = SqliteFile(path, MIGRATIONS)

    def start(self) -> None:
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        self.file.begin()  # before any request, whose threads may be kept on one core

    def close(self) -> None:
        self.file.close()

    def add(self, record: Record, drawing: Drawing, key: str | None, timeout: float) -> Record:
        taken = self.file.write(partial(transactions.take, record=record, drawing=drawing, key=key), timeout)
        return record if taken == record.id else self.get(taken) or msgspec.structs.replace(record, id=taken)

    def get(self, record_id: uuid.UUID) -> Record | None:
        rows = self.file.read(
            f"SELECT {COLUMNS}, c.label FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
            (record_id.time, record_id.bytes),
        )
        return record_of(rows[0]) if rows else None

    def add_alias(self, record_id: uuid.UUID, same_as: uuid.UUID, timeout: float) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (record_id.bytes, same_as.bytes))

        self.file.write(work, timeout)

    def same_as(self, record_id: uuid.UUID) -> uuid.UUID | None:
        rows = self.file.read("SELECT same_as FROM aliases WHERE id = ?", (record_id.bytes,))
        return uuid.UUID(bytes=rows[0][0]) if rows else None

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        rows = self.file.read("SELECT image, media_type, seen, strokes FROM drawings WHERE id = ?", (record_id.bytes,))
        if not rows:
            return None
        image, media_type, seen, strokes = rows[0]
        return Drawing(image=image, media_type=media_type, seen=seen, strokes=strokes)

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        marks = ",".join("?" * len(record_ids))
        rows = self.file.read(
            f"SELECT id, seen FROM drawings WHERE id IN ({marks})", [each.bytes for each in record_ids]
        )
        found: dict[bytes, bytes] = dict(rows)
        return [found.get(each.bytes, b"") for each in record_ids]

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        first, last = _times(only.day)
        within = "time >= ? AND (time, id) < (?, ?)"
        bounds = (first, last, b"") if before is None else (first, *min((before.time, before.bytes), (last, b"")))
        conditions = ["result", "verdict", "source"]
        wanted = [(name, getattr(only, name)) for name in conditions if getattr(only, name) is not None]
        where = "".join(f" AND r.{name} = ?" for name, _ in wanted)
        if only.corrected is not None:
            where += f" AND c.label IS {'NOT ' if only.corrected else ''}NULL"
        newest_first = f"FROM records WHERE {within} ORDER BY time DESC, id DESC"
        rows = self.file.read(
            f"SELECT {COLUMNS}, c.label FROM (SELECT * {newest_first} LIMIT {LOOK_AT}) AS r "
            f"{LAST_CHANGE}{where} LIMIT ?",
            (*bounds, *(value for _, value in wanted), limit + 1),
        )
        found = tuple(record_of(row) for row in rows[:limit])
        if len(rows) > limit:
            return Page(records=found, next=found[-1].id)
        end = self.file.read(f"SELECT id {newest_first} LIMIT 1 OFFSET {LOOK_AT - 1}", bounds)
        return Page(records=found, next=uuid.UUID(bytes=end[0][0]) if end else None)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        return self.file.write(partial(transactions.correct, record_id=record_id, label=label), CHANGE_TIMEOUT)

    def delete(self, record_id: uuid.UUID) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            gone = transactions.delete(connection, record_id)
            if gone:
                self.file.forget_deleted()
            return gone

        return self.file.write(work, CHANGE_TIMEOUT)

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        return bool(self.file.read("SELECT 1 FROM changes WHERE id = ? AND deleted", (record_id.bytes,)))

    def counts(self) -> list[Count]:
        rows = self.file.read("SELECT day, result, count FROM counts WHERE count > 0 ORDER BY day DESC, result")
        return [Count(day=date.fromisoformat(day), result=result, count=count) for day, result, count in rows]

    def confusion(self) -> list[Confusion]:
        rows = self.file.read("SELECT meant, read, count FROM confusion WHERE count > 0 ORDER BY meant, read")
        return [Confusion(meant=meant, read=read, count=count) for meant, read, count in rows]

    def problem(self) -> str | None:
        try:
            self.file.read("SELECT 1 FROM counts LIMIT 1")
        except RecorderUnavailable as error:
            return str(error)
        return None


def _times(day: date | None) -> tuple[int, int]:
    """The first instant of a UTC day and the first after it; of all time where it is None."""
    if day is None:
        return 0, 1 << 60
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ticks(start), ticks(start + timedelta(days=1))
