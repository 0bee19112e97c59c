"""What every store of records does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Protocol

from backend.records.record import Drawing, Filter, Page, Record, RecordCounts
from backend.records.room_events import AnyEvent, Entry


class Store(Protocol):
    """A store of records. Its methods may be called from any thread and raise `RecorderUnavailable` if the store can't
    be reached in time. tests/records/test_contract.py tests every store against this description."""

    def start(self) -> None:
        """Start to connect, in the background. Call it in the process that serves, after any fork."""

    def insert(self, record: Record, drawing: Drawing | None, timeout: float) -> None:
        """Write durably within `timeout` seconds; after that every reader sees the record. Without a
        drawing only the record is stored.

        Idempotent: inserting the same id again changes nothing, even after RecorderUnavailable, when the first attempt
        may or may not have been written. A record that was deleted stays deleted.
        """

    def get(self, record_id: uuid.UUID) -> Record | None: ...

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        """None if there is no such record, or if it has no drawing."""

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        """`Drawing.seen` of each; empty if the record does not exist, was deleted, or has no drawing."""

    def resolve_alias(self, record_id: uuid.UUID) -> uuid.UUID | None:
        """The id of the record that an earlier version also acknowledged as `record_id`; None: it has no other id."""

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        """The newest records older than `before`. Scans a bounded number of records, so with a filter the page may be
        short, even empty, and still have a `next`."""

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Set the label (None removes it) and return the record as it is then; None if there is no such record."""

    def delete(self, record_id: uuid.UUID) -> bool:
        """Delete a record and its drawing for good; False if there is no such record."""

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        """Whether the record existed and was deleted."""

    def counts(self) -> RecordCounts: ...

    def add_event(self, room: str, event: AnyEvent) -> None:
        """Add an event to a room, which need not exist, durably. Inserting, correcting or deleting a record that has a
        room adds one, too; a record that is inserted again may add another `Drew`."""

    def events(self, room: str, after: uuid.UUID | None) -> list[Entry]:
        """The events of a room in order, or those that may not have been visible when `after` was the last. Some of
        these may be known already, or be older than `after`."""

    def forget_events(self, room: str, until: uuid.UUID) -> None:
        """Delete the events of a room, up to and including `until`."""

    def rooms(self) -> list[str]:
        """The codes of all rooms that have events."""

    def lease(self, records: Sequence[uuid.UUID], holder: str, seconds: int, most: int) -> list[uuid.UUID]:
        """Lease the first `most` of these records that nobody else holds; those that `holder` held are renewed. Nobody
        else gets them, from any process of any host, for that many seconds or until they are released. May leave out a
        record for which others ask at the same time."""

    def release(self, record_id: uuid.UUID, holder: str) -> None:
        """End a lease. Does nothing if `holder` does not have it."""

    def problem(self) -> str | None:
        """Why the store is unavailable, in one sentence; None: it is available."""

    def warnings(self) -> list[str]:
        """Settings of the store with which acknowledged writes could be lost, and what to do; a sentence each."""

    def close(self) -> None: ...


def all_pages(store: Store, limit: int, only: Filter, before: uuid.UUID | None = None) -> Iterator[Page]:
    """All pages of records older than `before`, newest first."""
    while True:
        page = store.page(limit, before, only)
        yield page
        if page.next is None:
            return
        before = page.next
