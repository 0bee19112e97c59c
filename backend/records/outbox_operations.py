"""The operations that wait in the outbox, and how they are applied to a store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from backend.records.record import Drawing, Record
from backend.records.store import Store

T = TypeVar("T")


class Insert(msgspec.Struct, frozen=True, tag="Add"):  # its tag in the outboxes that exist
    record: Record
    drawing: Drawing | None  # None: it is not kept
    key: str | None

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
        case Insert(record=record, drawing=drawing, key=key):
            stored = store.insert(record, drawing, key, timeout)
            if stored.id != record.id:
                # An earlier try with the same key reached the store, but its response was lost. The queued one was
                # acknowledged under its own id, so both ids must lead to the record.
                store.add_alias(record.id, stored.id, timeout)
        case Correct(record_id=record_id, label=label):
            with_alias(store, record_id, lambda found: store.correct(found, label))
        case Delete(record_id=record_id):
            with_alias(store, record_id, store.delete)


def with_alias(store: Store, record_id: uuid.UUID, call: Callable[[uuid.UUID], T]) -> T:
    """The result of `call` for an id or, if that has no record, for the id that it is an alias of."""
    result = call(record_id)
    if not result and (target := store.resolve_alias(record_id)) is not None:
        return call(target)
    return result
