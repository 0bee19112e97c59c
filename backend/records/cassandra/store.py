"""Records in Cassandra; schema/*.cql says how they lie there, and why."""

from __future__ import annotations

import random
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from backend.records.cassandra import counts, pages
from backend.records.cassandra.connection import Asked, Link, Undecided
from backend.records.cassandra.pages import COLUMNS, newest_first, record_of
from backend.records.cassandra.partition import PREDICTION, Partition
from backend.records.cassandra.timeuuid import NEWEST, later_than, microseconds
from backend.records.cassandra.url import CassandraUrl
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

LOOK_AT = 5_000  # records that one page looks at, at most, when a filter lets few of them through
WRITE_TIMEOUT = 5.0  # seconds, for corrections and deletions

STATEMENTS = {
    "alive": "SELECT day FROM days WHERE part = 0 LIMIT 1",
    "claim": "INSERT INTO keys (key, id) VALUES (?, ?) IF NOT EXISTS",
    "add record": (
        "INSERT INTO records (minute, shard, id, at, result, digit, confidence, probabilities, verdict, source, "
        "model_version, file_name, expected, client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "USING TIMESTAMP ?"
    ),
    "add drawing": (
        "INSERT INTO drawings (minute, shard, id, image, media_type, seen, strokes) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "USING TIMESTAMP ?"
    ),
    "add minute": "INSERT INTO minutes (day, minute, shard) VALUES (?, ?, ?)",
    "add day": "INSERT INTO days (part, day) VALUES (0, ?)",
    "change": "INSERT INTO records (minute, shard, id, at, label, deleted) VALUES (?, ?, ?, ?, ?, ?)",
    "delete drawing": "DELETE FROM drawings USING TIMESTAMP ? WHERE minute = ? AND shard = ? AND id = ?",
    "get": f"SELECT {COLUMNS} FROM records WHERE minute = ? AND shard = ? AND id = ?",
    "drawing": "SELECT image, media_type, seen, strokes FROM drawings WHERE minute = ? AND shard = ? AND id = ?",
    "seen": "SELECT id, seen FROM drawings WHERE minute = ? AND shard = ? AND id IN ?",
    "add alias": "INSERT INTO aliases (id, same_as) VALUES (?, ?)",
    "alias": "SELECT same_as FROM aliases WHERE id = ?",
    **pages.STATEMENTS,
    **counts.STATEMENTS,
}


class CassandraStore:
    """See backend.records.record.Store."""

    def __init__(self, url: str) -> None:
        self._link = Link(CassandraUrl.parse(url), STATEMENTS)
        self._tallies = counts.Tallies(self._link)
        self._listed: OrderedDict[Partition, None] = OrderedDict()  # of which `minutes` and `days` tell

    def start(self) -> None:
        self._link.start()
        self._tallies.start()

    def close(self) -> None:
        self._tallies.close()
        self._link.close()

    def problem(self) -> str | None:
        return self._link.problem()

    def add(self, record: Record, drawing: Drawing, key: str | None, timeout: float) -> Record:
        end = time.monotonic() + timeout
        if key is not None:
            claimed = self._claim(key, record.id, end)
            if claimed != record.id:
                earlier = self.get(claimed)
                if earlier is not None:
                    return earlier
                # Its first try died between the claim and the record, or it was deleted since, in
                # which case the deletion is newer than what is written now.
                record = msgspec.structs.replace(record, id=claimed)
        partition = Partition.of(record.id)
        sent = [
            self._link.send_batch(_added(partition, record, drawing), _left(end)),
            *self._list(partition, _left(end)),
            *self._tallies.written(partition, _left(end)),
        ]
        for each in sent:
            self._link.result(each)
        self._listed[partition] = None
        while len(self._listed) > 10_000:
            self._listed.popitem(last=False)
        return record

    def get(self, record_id: uuid.UUID) -> Record | None:
        return record_of(list(self._link.ask("get", (*Partition.of(record_id), record_id))))

    def add_alias(self, record_id: uuid.UUID, same_as: uuid.UUID, timeout: float) -> None:
        self._link.ask("add alias", (record_id, same_as), timeout)

    def same_as(self, record_id: uuid.UUID) -> uuid.UUID | None:
        row = self._link.ask("alias", (record_id,)).one()
        return row and row.same_as

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        row = self._link.ask("drawing", (*Partition.of(record_id), record_id)).one()
        if row is None:
            return None
        return Drawing(image=row.image, media_type=row.media_type, seen=row.seen, strokes=row.strokes)

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        found: dict[uuid.UUID, bytes] = {}
        by_partition: dict[Partition, list[uuid.UUID]] = {}
        for record_id in record_ids:
            by_partition.setdefault(Partition.of(record_id), []).append(record_id)
        asked = [self._link.send("seen", (*partition, ids)) for partition, ids in by_partition.items()]
        for each in asked:
            found.update((row.id, row.seen) for row in self._link.result(each))
        return [found.get(record_id, b"") for record_id in record_ids]

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        found: list[Record] = []
        everything = newest_first(self._link, before or NEWEST, only.day, limit + 1)
        for looked_at, (record_id, record) in enumerate(everything, 1):
            if record is not None and _passes(record, only):
                found.append(record)
                if len(found) > limit:
                    return Page(records=tuple(found[:limit]), next=found[limit - 1].id)
            if looked_at == LOOK_AT:
                return Page(records=tuple(found), next=record_id)
        return Page(records=tuple(found), next=None)

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        return self._change(record_id, label, deleted=False)

    def delete(self, record_id: uuid.UUID) -> bool:
        return self._change(record_id, None, deleted=True) is not None

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        return any(row.deleted for row in self._link.ask("get", (*Partition.of(record_id), record_id)))

    def counts(self) -> list[Count]:
        return self._tallies.counts()

    def confusion(self) -> list[Confusion]:
        return self._tallies.confusion()

    def _claim(self, key: str, record_id: uuid.UUID, end: float) -> uuid.UUID:
        """The id for which the key stands from now on: `record_id`, or that of an earlier claim."""
        while True:
            try:
                answer = self._link.ask("claim", (key, record_id), _left(end)).one()
            except Undecided:
                time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - so that two don't meet again
                continue
            claimed: uuid.UUID = record_id if answer.applied else answer.id
            return claimed

    def _list(self, partition: Partition, timeout: float) -> list[Asked]:
        """Begin to say where there are records; nothing where this process has said so before."""
        if partition in self._listed:
            return []
        day = partition.minute.date()
        return [
            self._link.send("add minute", (day, *partition), timeout),
            self._link.send("add day", (day,), timeout),
        ]

    def _change(self, record_id: uuid.UUID, label: str | None, deleted: bool) -> Record | None:
        partition = Partition.of(record_id)
        rows = list(self._link.ask("get", (*partition, record_id)))
        record = record_of(rows)
        if record is None:
            return None
        now = ticks(datetime.now(UTC))
        at = later_than(rows[0].at, now)
        # Counts are forgotten first: whoever counts before the change is there, less than SKEW later, loses to
        # that. All in one batch would need a batchlog, hence two more nodes, of which one may just have died.
        forgotten = [
            self._link.send(name, values, WRITE_TIMEOUT) for name, values in self._tallies.forgetting(partition)
        ]
        for each in forgotten:
            self._link.result(each)
        parts: list[tuple[str, Sequence[object]]] = [("change", (*partition, record_id, at, label, deleted))]
        if deleted:
            parts.append(("delete drawing", (microseconds(max(now, record_id.time + 10)), *partition, record_id)))
        self._link.result(self._link.send_batch(parts, WRITE_TIMEOUT))
        return msgspec.structs.replace(record, label=label)


def _added(partition: Partition, record: Record, drawing: Drawing) -> list[tuple[str, Sequence[object]]]:
    # The time of the write is that of the id: writing it again, however late, changes nothing, and
    # brings nothing back that was deleted meanwhile.
    at = microseconds(record.id.time)
    return [
        (
            "add record",
            (
                *partition,
                record.id,
                PREDICTION,
                record.result,
                record.digit,
                record.confidence,
                record.probabilities,
                record.verdict,
                record.source,
                record.model_version,
                record.file_name,
                record.expected,
                record.client,
                at,
            ),
        ),
        (
            "add drawing",
            (*partition, record.id, drawing.image, drawing.media_type, drawing.seen, drawing.strokes, at),
        ),
    ]


def _passes(record: Record, only: Filter) -> bool:
    """Whether the filter lets it through, its day apart."""
    return (
        only.result in (None, record.result)
        and only.verdict in (None, record.verdict)
        and only.source in (None, record.source)
        and only.corrected in (None, record.label is not None)
    )


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise RecorderUnavailable("Cassandra took longer than a prediction may wait.")
    return left
