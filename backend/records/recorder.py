"""The recorder: a store with an outbox before it, so that nothing acknowledged is ever lost."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator

import msgspec

from backend.records.outbox import Outbox
from backend.records.outbox_operations import by_any_id
from backend.records.record import (
    Added,
    Confusion,
    Count,
    Drawing,
    Filter,
    Page,
    Record,
    RecorderUnavailable,
    Store,
)

DELIVERY_TIMEOUT = 5.0  # seconds for one operation; nobody waits for it
LOOK_EVERY = 1.0  # seconds: another process's worker may have queued something and died
EXPORT_PAGE = 500  # records
LONGEST_BACK_OFF = 5.0  # seconds

log = logging.getLogger(__name__)


class Recorder:
    """What the application records with. Any thread may call any method; each raises
    `RecorderUnavailable` where neither the store nor, for `add`, the outbox can do it.

    name: what people call the store. budget: seconds that a prediction waits for the store.
    """

    def __init__(self, name: str, store: Store, outbox: Outbox, budget: float) -> None:
        self.name = name
        self._store = store
        self._outbox = outbox
        self._budget = budget
        self._wake = threading.Event()
        self._closing = False
        self._delivery = threading.Thread(target=self._deliver_always, name="outbox delivery", daemon=True)

    def start(self) -> None:
        """Begin to connect and to deliver; call it in the process that serves, after any fork."""
        self._store.start()
        self._delivery.start()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._delivery.ident is not None:
            self._delivery.join()
        self._outbox.close()
        self._store.close()

    def add(self, record: Record, drawing: Drawing, key: str | None = None) -> Added:
        """Write durably. "stored": readable by anyone who asks next; "queued": on this machine's
        disk, and delivered later. With a key that was used in the last day nothing is written, and
        the record of that time is answered."""
        if key is not None and (earlier := self._queued_before(key)) is not None:
            return self._as_taken(record, earlier)
        try:
            return Added(record=self._store.add(record, drawing, key, self._budget), state="stored")
        except RecorderUnavailable as error:
            log.info("Queued %s: %s", record.id, error)
        taken = self._outbox.add(record, drawing, key)
        self._wake.set()
        return Added(record=record, state="queued") if taken == record.id else self._as_taken(record, taken)

    def get(self, record_id: uuid.UUID) -> Record | None:
        waiting = self._outbox.get(record_id)
        return waiting.record if waiting else by_any_id(self._store, record_id, self._store.get)

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        waiting = self._outbox.get(record_id)
        return waiting.drawing if waiting else by_any_id(self._store, record_id, self._store.drawing)

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        """The newest records older than `before`; see Store.page. What is queued isn't among them."""
        return self._store.page(limit, before, only)

    def export(self, only: Filter) -> Iterator[Record]:
        """Every record that the filter lets through, newest first, a page in memory at a time."""
        for records in self._pages(only):
            yield from records

    def export_seen(self, only: Filter) -> Iterator[tuple[Record, bytes]]:
        """The same, each with the 28x28 that the network saw (784 bytes), where that was kept."""
        for records in self._pages(only):
            seen = self._store.seen([record.id for record in records])
            yield from ((record, image) for record, image in zip(records, seen, strict=True) if image)

    def _pages(self, only: Filter) -> Iterator[tuple[Record, ...]]:
        before = None
        while True:
            page = self._store.page(EXPORT_PAGE, before, only)
            yield page.records
            if page.next is None:
                return
            before = page.next

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Append a correction (None takes the last one back); the record as it now reads, None if
        there is no such record."""
        return self._outbox.correct(record_id, label) or by_any_id(
            self._store, record_id, lambda found: self._store.correct(found, label)
        )

    def delete(self, record_id: uuid.UUID) -> bool:
        """Delete for good, drawing and all; False if there is no such record."""
        return self._outbox.delete(record_id) or by_any_id(self._store, record_id, self._store.delete)

    def counts(self) -> list[Count]:
        return self._store.counts()

    def confusion(self) -> list[Confusion]:
        return self._store.confusion()

    def state(self) -> dict[str, object]:
        """For health: whether the store can serve, what is queued, and a sentence on what is wrong."""
        detail = self._store.problem()
        state: dict[str, object] = {"ok": detail is None, "store": self.name}
        try:
            state |= {"queued": self._outbox.length(), "oldest_s": round(self._outbox.age(), 3)}
        except RecorderUnavailable as error:
            state["ok"] = False
            detail = detail or str(error)
        return state | {"detail": detail}

    def _queued_before(self, key: str) -> uuid.UUID | None:
        try:
            return self._outbox.key_of(key)
        except RecorderUnavailable:
            return None  # an outbox that can't be read doesn't keep the store from serving

    def _as_taken(self, record: Record, earlier: uuid.UUID) -> Added:
        """What to answer to a retry whose first try was queued as `earlier`."""
        waiting = self._outbox.get(earlier)
        if waiting is not None:
            return Added(record=waiting.record, state="queued")
        kept = self.get(earlier) or msgspec.structs.replace(record, id=earlier)  # deleted since
        return Added(record=kept, state="stored")

    def deliver(self) -> None:
        """Bring what is queued to the store now; raises RecorderUnavailable where it doesn't take it."""
        self._outbox.deliver(self._store, DELIVERY_TIMEOUT)

    def _deliver_always(self) -> None:
        pause = LOOK_EVERY
        while not self._closing:
            self._wake.wait(pause)
            self._wake.clear()
            if self._closing:
                return
            try:
                self.deliver()
                pause = LOOK_EVERY
            except Exception as error:  # whatever it is, the record stays queued and is tried again
                pause = min(LONGEST_BACK_OFF, pause * 2)
                level = logging.INFO if isinstance(error, RecorderUnavailable) else logging.ERROR
                log.log(level, "The outbox waits %.0f s: %s", pause, error)
