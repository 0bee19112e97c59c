"""The Cassandra store; schema/*.cql describes the tables and gives the reasons."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.records import room_events
from backend.records.cassandra import counts, leases, pages, rooms, rows
from backend.records.cassandra.connection import Connection, PendingStatement
from backend.records.cassandra.partition import Partition
from backend.records.cassandra.rows import COLUMNS, DRAWING_COLUMNS, record_of
from backend.records.cassandra.session import READ_TIMEOUT
from backend.records.cassandra.timeuuid import NEWEST, microseconds
from backend.records.cassandra.url import CassandraUrl
from backend.records.ids import date_of, later_than, ticks
from backend.records.record import Drawing, Filter, Page, Record, RecordCounts, RecorderUnavailable
from backend.records.room_events import AnyEvent, Corrected, Deleted, Entry

SCAN_LIMIT = 5_000  # records that one page scans at most, when a filter matches few of them
WRITE_TIMEOUT = 5.0  # seconds, for corrections and deletions
MOST_LISTED = 10_000  # partitions
TOMBSTONE_AGE = timedelta(days=5)  # well within gc_grace_seconds, ten days, after which a deletion may be forgotten

STATEMENTS = {
    "ping": "SELECT day FROM days WHERE part = 0 LIMIT 1",
    "list minute": "INSERT INTO minutes (day, minute, shard) VALUES (?, ?, ?)",
    "list day": "INSERT INTO days (part, day) VALUES (0, ?)",
    "insert change": "INSERT INTO records (minute, shard, id, at, label, deleted) VALUES (?, ?, ?, ?, ?, ?)",
    "delete drawing": "DELETE FROM drawings USING TIMESTAMP ? WHERE minute = ? AND shard = ? AND id = ?",
    "record": f"SELECT {COLUMNS} FROM records WHERE minute = ? AND shard = ? AND id = ?",
    "drawing": f"SELECT {DRAWING_COLUMNS} FROM drawings WHERE minute = ? AND shard = ? AND id = ?",
    "seen": "SELECT id, seen FROM drawings WHERE minute = ? AND shard = ? AND id IN ?",
    "alias": "SELECT same_as FROM aliases WHERE id = ?",
    **rows.STATEMENTS,
    **pages.STATEMENTS,
    **counts.STATEMENTS,
    **rooms.STATEMENTS,
    **leases.STATEMENTS,
}


class CassandraStore:
    """See backend.records.store.Store."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(CassandraUrl.parse(url), STATEMENTS)
        self._counts = counts.Counts(self.connection)
        self._listed: set[Partition] = set()  # that this process has entered in `minutes` and `days`
        self._marked: dict[Partition, datetime] = {}  # when it last voided their counts for a late record

    def start(self) -> None:
        self.connection.start()
        self._counts.start()

    def close(self) -> None:
        self._counts.close()
        self.connection.close()

    def problem(self) -> str | None:
        return self.connection.problem()

    def warnings(self) -> list[str]:
        return self.connection.warnings()

    def insert(self, record: Record, drawing: Drawing | None, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        now, date = datetime.now(UTC), date_of(record.id)
        if date < now - TOMBSTONE_AGE and _deleted(self._rows(record.id, _left(deadline))):
            return
        partition = Partition.of(record.id)
        mark = date < now - counts.LATE and self._marked.get(partition, counts.NEVER) < now - counts.SHARED
        pending = [
            self.connection.send_batch(rows.insertion(record, drawing), _left(deadline)),
            *([] if partition in self._listed else list_partition(self.connection, partition, _left(deadline))),
            *(self._counts.forget(partition, _left(deadline)) if mark else []),
            *(
                [rooms.send_event(self.connection, record.room, room_events.drew(record), _left(deadline))]
                if record.room is not None
                else []
            ),
        ]
        for each in pending:
            self.connection.result(each)
        if len(self._listed) >= MOST_LISTED:
            self._listed.clear()
            self._marked.clear()
        self._listed.add(partition)
        if mark:
            self._marked[partition] = now
        self._counts.wrote()

    def get(self, record_id: uuid.UUID) -> Record | None:
        return record_of(self._rows(record_id))

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        row = self.connection.execute("drawing", (*Partition.of(record_id), record_id)).one()
        return row and Drawing(**row._asdict())

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        found: dict[uuid.UUID, bytes] = {}
        by_partition: dict[Partition, list[uuid.UUID]] = {}
        for record_id in record_ids:
            by_partition.setdefault(Partition.of(record_id), []).append(record_id)
        pending = [self.connection.send("seen", (*partition, ids)) for partition, ids in by_partition.items()]
        for each in pending:
            found.update((row.id, row.seen) for row in self.connection.result(each))
        return [found.get(record_id, b"") for record_id in record_ids]

    def resolve_alias(self, record_id: uuid.UUID) -> uuid.UUID | None:
        row = self.connection.execute("alias", (record_id,)).one()
        return row and row.same_as

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        found: list[Record] = []
        records = pages.newest_first(self.connection, before or NEWEST, only.day, limit + 1)
        for scanned, (record_id, record) in enumerate(records, 1):
            if record is not None and only.matches(record):
                found.append(record)
                if len(found) > limit:
                    return Page(records=tuple(found[:limit]), next=found[limit - 1].id)
            if scanned == SCAN_LIMIT:
                return Page(records=tuple(found), next=record_id)
        return Page(records=tuple(found), next=None)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        return self._change(record_id, label, deleted=False)

    def delete(self, record_id: uuid.UUID) -> bool:
        return self._change(record_id, None, deleted=True) is not None

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        return _deleted(self._rows(record_id))

    def add_event(self, room: str, event: AnyEvent) -> None:
        self.connection.result(rooms.send_event(self.connection, room, event, WRITE_TIMEOUT))

    def events(self, room: str, after: uuid.UUID | None) -> list[Entry]:
        return rooms.events(self.connection, room, after)

    def forget_events(self, room: str, until: uuid.UUID) -> None:
        self.connection.execute("forget events", (room, until), WRITE_TIMEOUT)

    def rooms(self) -> list[str]:
        return [row.room for row in self.connection.stream("rooms", ())]

    def lease(self, records: Sequence[uuid.UUID], holder: str, seconds: int, most: int) -> list[uuid.UUID]:
        return leases.lease(self.connection, records, holder, seconds, most)

    def release(self, record_id: uuid.UUID, holder: str) -> None:
        leases.release(self.connection, record_id, holder)

    def counts(self) -> RecordCounts:
        return self._counts.counts()

    def _rows(self, record_id: uuid.UUID, timeout: float = READ_TIMEOUT) -> list[Any]:
        return list(self.connection.execute("record", (*Partition.of(record_id), record_id), timeout))

    def _change(self, record_id: uuid.UUID, label: str | None, deleted: bool) -> Record | None:
        partition = Partition.of(record_id)
        found = self._rows(record_id)
        record = record_of(found)
        if record is None:
            return None
        now = ticks(datetime.now(UTC))
        # First delete the counts. A process that counts before the change is there, less than SKEW later, loses to this
        # deletion. A batch of everything would span partitions and need a batch log on two more nodes.
        for each in self._counts.forget(partition, WRITE_TIMEOUT):
            self.connection.result(each)
        at = later_than(found[0].at.time, now)
        parts: list[tuple[str, Sequence[object]]] = [("insert change", (*partition, record_id, at, label, deleted))]
        if deleted:
            parts.append(("delete drawing", (microseconds(max(now, record_id.time + 10)), *partition, record_id)))
        self.connection.result(self.connection.send_batch(parts, WRITE_TIMEOUT))
        if record.room is not None:
            self.add_event(
                record.room, Deleted(record=record_id) if deleted else Corrected(record=record_id, label=label)
            )
        return msgspec.structs.replace(record, label=label)


def list_partition(connection: Connection, partition: Partition, timeout: float) -> list[PendingStatement]:
    """Enter a partition in the tables `minutes` and `days`."""
    day = partition.minute.date()
    return [
        connection.send("list minute", (day, *partition), timeout),
        connection.send("list day", (day,), timeout),
    ]


def _deleted(found: Sequence[Any]) -> bool:
    return any(row.deleted for row in found)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise RecorderUnavailable("Cassandra took longer than a prediction may wait.")
    return left
