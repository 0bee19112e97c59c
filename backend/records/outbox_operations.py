"""What may wait in the outbox: to add, correct or delete a record; and how it is done to a store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from backend.records.record import Drawing, Record, Store

T = TypeVar("T")


class Add(msgspec.Struct, frozen=True, tag=True):
    record: Record
    drawing: Drawing
    key: str | None

    @property
    def record_id(self) -> uuid.UUID:
        return self.record.id


class Correct(msgspec.Struct, frozen=True, tag=True):
    record_id: uuid.UUID
    label: str | None


class Delete(msgspec.Struct, frozen=True, tag=True):
    record_id: uuid.UUID


Operation = Add | Correct | Delete

decode = msgspec.msgpack.Decoder(Operation).decode


def as_it_reads(operations: Iterable[Operation]) -> Add | None:
    """The record that some operations, in order, make together; None if they don't begin or last."""
    found: Add | None = None
    for operation in operations:
        match operation:
            case Add() as found:
                pass
            case Correct(label=label) if found is not None:
                found = msgspec.structs.replace(found, record=msgspec.structs.replace(found.record, label=label))
            case Delete():
                found = None
    return found


def do(store: Store, operation: Operation, timeout: float) -> None:
    """Twice is as once. Raises RecorderUnavailable where the store doesn't take it."""
    match operation:
        case Add():
            taken = store.add(operation.record, operation.drawing, operation.key, timeout)
            if taken.id != operation.record.id:
                # A first try that nobody heard of did reach the store. What was queued has been acknowledged
                # under its own id: let both lead to the one record.
                store.add_alias(operation.record.id, taken.id, timeout)
        case Correct(label=label):
            by_any_id(store, operation.record_id, lambda found: store.correct(found, label))
        case Delete():
            by_any_id(store, operation.record_id, store.delete)


def by_any_id(store: Store, record_id: uuid.UUID, ask: Callable[[uuid.UUID], T]) -> T:
    """What `ask` finds under an id, or else under the one to which it leads."""
    found = ask(record_id)
    if not found and (other := store.same_as(record_id)) is not None:
        return ask(other)
    return found
