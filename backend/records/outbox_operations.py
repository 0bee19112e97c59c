"""The operations that wait in the outbox, and how they are applied to a store."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import msgspec

from backend.records.record import Drawing, Record
from backend.records.store import Store


class Insert(msgspec.Struct, frozen=True, tag="Add"):  # its tag in the outboxes that exist
    record: Record
    drawing: Drawing | None  # None: it is not kept

    @property
    def record_id(self) -> uuid.UUID:
        return self.record.id


class Correct(msgspec.Struct, frozen=True, tag="Correct"):
    record_id: uuid.UUID
    label: str | None


class Delete(msgspec.Struct, frozen=True, tag="Delete"):
    record_id: uuid.UUID


Operation = Insert | Correct | Delete

decode = msgspec.msgpack.Decoder(Operation).decode


def fold(operations: Iterable[Operation]) -> Insert | None:
    """Fold queued operations into the resulting record; None if it was deleted or never inserted here."""
    result: Insert | None = None
    for operation in operations:
        match operation:
            case Insert():
                result = operation
            case Correct(label=label) if result is not None:
                result = msgspec.structs.replace(result, record=msgspec.structs.replace(result.record, label=label))
            case Delete():
                result = None
    return result


def apply(store: Store, operation: Operation, timeout: float) -> None:
    """Idempotent. Raises RecorderUnavailable if the store doesn't accept it."""
    match operation:
        case Insert(record=record, drawing=drawing):
            store.insert(record, drawing, timeout)
        case Correct(record_id=record_id, label=label):
            store.correct(record_id, label)
        case Delete(record_id=record_id):
            store.delete(record_id)
