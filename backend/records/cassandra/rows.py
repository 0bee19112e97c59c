"""The conversion between rows and records. A record is the row of its prediction and one row for each change."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from backend.records.cassandra.partition import Partition
from backend.records.cassandra.timeuuid import OLDEST, microseconds
from backend.records.record import JSON_FIELDS, Drawing, Record

PREDICTION = OLDEST  # `at` of the prediction's row, which is therefore the last of the rows of a record

STORED = [name for name in Record.__struct_fields__ if name not in ("id", "label")]  # in the prediction's row
COLUMNS = ", ".join(["id", "at", *STORED, "label", "deleted"])
DRAWING_COLUMNS = ", ".join(Drawing.__struct_fields__)


def _insert(table: str, columns: str) -> str:
    names = f"minute, shard, {columns}"
    return f"INSERT INTO {table} ({names}) VALUES (?{', ?' * names.count(',')}) USING TIMESTAMP ?"


STATEMENTS = {
    "insert record": _insert("records", ", ".join(["id", "at", *STORED])),
    "insert drawing": _insert("drawings", f"id, {DRAWING_COLUMNS}"),
}


def insertion(record: Record, drawing: Drawing | None) -> list[tuple[str, Sequence[object]]]:
    """The statements that insert a record and its drawing, if it has one, with their values, for one batch."""
    partition = Partition.of(record.id)
    values = [_column_value(name, getattr(record, name)) for name in STORED]
    # From the id and the values, so a repeated insertion, however late, changes nothing, and does not bring back what
    # was deleted in between. Of two readings of the same request, by two models, one is later and wins as a whole.
    timestamp = microseconds(record.id.time) - zlib.crc32(msgspec.msgpack.encode(values))
    parts: list[tuple[str, Sequence[object]]] = [
        ("insert record", (*partition, record.id, PREDICTION, *values, timestamp))
    ]
    if drawing is not None:
        parts.append(("insert drawing", (*partition, record.id, *msgspec.structs.astuple(drawing), timestamp)))
    return parts


def record_of(rows: Sequence[Any]) -> Record | None:
    """The record of these rows, of which the newest is first; None if it was deleted or never inserted."""
    if not rows or rows[-1].at != PREDICTION or any(row.deleted for row in rows):
        return None
    prediction = rows[-1]
    values = {name: _field_value(name, getattr(prediction, name)) for name in STORED}
    return Record(id=prediction.id, label=rows[0].label, **values)


def _column_value(name: str, value: object) -> object:
    return msgspec.json.encode(value).decode() if name in JSON_FIELDS and value is not None else value


def _field_value(name: str, value: Any) -> Any:
    if name in JSON_FIELDS and value is not None:
        return msgspec.json.decode(value, type=JSON_FIELDS[name])
    return tuple(value) if isinstance(value, list) else value
