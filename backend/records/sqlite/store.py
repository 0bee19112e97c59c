"""The SQLite store."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from backend.records import room_events
from backend.records.ids import ticks
from backend.records.record import (
    ANY_NUMBER,
    COUNTED,
    Confusion,
    Count,
    Drawing,
    Filter,
    Page,
    Record,
    RecordCounts,
    RecorderUnavailable,
)
from backend.records.room_events import AnyEvent, Entry
from backend.records.sqlite import transactions
from backend.records.sqlite.file import SqliteFile
from backend.records.sqlite.schema import COLUMNS, DRAWING_COLUMNS, LAST_CHANGE, MIGRATIONS, record_of

CHANGE_TIMEOUT = 5.0  # seconds, for corrections and deletions
SCAN_LIMIT = 20_000  # records that one page scans at most, when a filter matches few of them


class SqliteStore:
    """See backend.records.store.Store."""

    def __init__(self, path: Path) -> None:
        self.file = SqliteFile(path, MIGRATIONS)

    def start(self) -> None:
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        self.file.start()

    def close(self) -> None:
        self.file.close()

    def insert(self, record: Record, drawing: Drawing | None, timeout: float) -> None:
        self.file.write(partial(transactions.insert, record=record, drawing=drawing), timeout)

    def get(self, record_id: uuid.UUID) -> Record | None:
        rows = self.file.read(
            f"SELECT {COLUMNS} FROM records AS r {LAST_CHANGE} AND r.time = ? AND r.id = ?",
            (record_id.time, record_id.bytes),
        )
        return record_of(rows[0]) if rows else None

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        rows = self.file.read(f"SELECT {DRAWING_COLUMNS} FROM drawings WHERE id = ?", (record_id.bytes,))
        return Drawing(**dict(zip(Drawing.__struct_fields__, rows[0], strict=True))) if rows else None

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        marks = ",".join("?" * len(record_ids))
        rows = self.file.read(
            f"SELECT id, seen FROM drawings WHERE id IN ({marks})", [each.bytes for each in record_ids]
        )
        found: dict[bytes, bytes] = dict(rows)
        return [found.get(each.bytes, b"") for each in record_ids]

    def resolve_alias(self, record_id: uuid.UUID) -> uuid.UUID | None:
        rows = self.file.read("SELECT same_as FROM aliases WHERE id = ?", (record_id.bytes,))
        return uuid.UUID(bytes=rows[0][0]) if rows else None

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        first, last = _bounds(only.day)
        end = (last, b"") if before is None else min((before.time, before.bytes), (last, b""))
        scan = "FROM records WHERE time >= ? AND (time, id) < (?, ?) ORDER BY time DESC, id DESC"
        terms = {
            "r.result": only.result,
            "coalesce(c.label, r.expected)": only.label,
            "r.verdict": only.verdict,
            "r.source": only.source,
        }
        numbers = [term for term in list(terms)[:2] if terms[term] == ANY_NUMBER]
        wanted = {term: value for term, value in terms.items() if value is not None and term not in numbers}
        where = "".join(f" AND {term} = ?" for term in wanted)
        where += "".join(f" AND {term} NOT IN {COUNTED}" for term in numbers)
        if only.corrected is not None:
            where += f" AND c.label IS {'NOT ' if only.corrected else ''}NULL"
        rows = self.file.read(
            f"SELECT {COLUMNS} FROM (SELECT * {scan} LIMIT {SCAN_LIMIT}) AS r {LAST_CHANGE}{where} LIMIT ?",
            (first, *end, *wanted.values(), limit + 1),
        )
        found = tuple(record_of(row) for row in rows[:limit])
        if len(rows) > limit:
            return Page(records=found, next=found[-1].id)
        scanned = self.file.read(f"SELECT id {scan} LIMIT 1 OFFSET {SCAN_LIMIT - 1}", (first, *end))
        return Page(records=found, next=uuid.UUID(bytes=scanned[0][0]) if scanned else None)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        return self.file.write(partial(transactions.correct, record_id=record_id, label=label), CHANGE_TIMEOUT)

    def delete(self, record_id: uuid.UUID) -> bool:
        def change(connection: sqlite3.Connection) -> bool:
            deleted = transactions.delete(connection, record_id)
            if deleted:
                self.file.truncate_log()
            return deleted

        return self.file.write(change, CHANGE_TIMEOUT)

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        return bool(self.file.read("SELECT 1 FROM changes WHERE id = ? AND deleted", (record_id.bytes,)))

    def counts(self) -> RecordCounts:
        days = self.file.read("SELECT day, result, count FROM counts WHERE count > 0 ORDER BY day DESC, result")
        confusion = self.file.read("SELECT meant, read, count FROM confusion WHERE count > 0 ORDER BY meant, read")
        return RecordCounts(
            days=tuple(Count(day=date.fromisoformat(day), result=result, count=count) for day, result, count in days),
            confusion=tuple(Confusion(meant=meant, read=read, count=count) for meant, read, count in confusion),
        )

    def add_event(self, room: str, event: AnyEvent) -> None:
        self.file.write(partial(transactions.add_event, room=room, event=event), CHANGE_TIMEOUT)

    def events(self, room: str, after: uuid.UUID | None) -> list[Entry]:
        rows = self.file.read(
            "SELECT id, event FROM room_events WHERE room = ? AND time > ? ORDER BY time",
            (room, 0 if after is None else after.time),
        )
        return [(uuid.UUID(bytes=event_id), room_events.decode(event)) for event_id, event in rows]

    def forget_events(self, room: str, until: uuid.UUID) -> None:
        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM room_events WHERE room = ? AND time <= ?", (room, until.time))
            self.file.truncate_log()

        self.file.write(change, CHANGE_TIMEOUT)

    def rooms(self) -> list[str]:
        return [room for (room,) in self.file.read("SELECT DISTINCT room FROM room_events")]

    def lease(self, records: Sequence[uuid.UUID], holder: str, seconds: int, most: int) -> list[uuid.UUID]:
        change = partial(transactions.lease, records=records, holder=holder, seconds=seconds, most=most)
        return self.file.write(change, CHANGE_TIMEOUT)

    def release(self, record_id: uuid.UUID, holder: str) -> None:
        self.file.write(partial(transactions.release, record_id=record_id, holder=holder), CHANGE_TIMEOUT)

    def problem(self) -> str | None:
        try:
            self.file.read("SELECT 1 FROM counts LIMIT 1")
        except RecorderUnavailable as error:
            return str(error)
        return None

    def warnings(self) -> list[str]:
        return []  # every commit is flushed to the disk


def _bounds(day: date | None) -> tuple[int, int]:
    """The first tick of a UTC day and the first after it; without a day, of all time."""
    if day is None:
        return 0, 1 << 60
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ticks(start), ticks(start + timedelta(days=1))
