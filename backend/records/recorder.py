"""The recorder: a store with an outbox in front of it, so that no acknowledged record is lost."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypeVar

import msgspec

from backend.records.outbox import Outbox
from backend.records.record import (
    Drawing,
    Filter,
    Page,
    Record,
    RecordCounts,
    RecorderState,
    RecorderUnavailable,
)
from backend.records.store import Store, all_pages
from backend.settings import KeepDrawings

DELIVERY_TIMEOUT = 5.0  # seconds for one operation; no request waits for it
DELIVERY_INTERVAL = 1.0  # seconds: another process may have queued something and died
LONGEST_BACKOFF = 5.0  # seconds
FILL_SECONDS = 0.3  # to fill a page with a filter, before it is returned short
EXPORT_PAGE = 500  # records

T = TypeVar("T")

log = logging.getLogger(__name__)


class Recorder:
    """What the application records with. Methods may be called from any thread and raise `RecorderUnavailable` if the
    store is unavailable; `record` only if the outbox is, too.

    name: of the store, for people. budget: how long recording waits for the store, in seconds, before it queues.
    keep_drawings: see Settings.
    """

    def __init__(self, name: str, store: Store, outbox: Outbox, budget: float, keep_drawings: KeepDrawings) -> None:
        self.name = name
        self.store = store
        self._outbox = outbox
        self._budget = budget
        self._keep_drawings = keep_drawings
        self.on_store_error: Callable[[Literal["insert", "deliver"]], None] = lambda operation: None  # for metrics
        self._wake = threading.Event()
        self._closing = False
        self._delivery = threading.Thread(target=self._run_delivery, name="outbox delivery", daemon=True)

    def start(self) -> None:
        """Start to connect and to deliver. Call it in the process that serves, after any fork."""
        self.store.start()
        self._delivery.start()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._delivery.ident is not None:
            self._delivery.join()
        self._outbox.close()
        self.store.close()

    def record(self, record: Record, drawing: Drawing) -> Literal["stored", "queued"]:
        """Write durably. "stored": every reader of the store sees the record. "queued": it is on this machine's disk
        and will be delivered. Idempotent, like `Store.insert`."""
        kept: Drawing | None = drawing
        if self._keep_drawings == "none" or (self._keep_drawings == "doubtful" and not record.doubtful):
            record, kept = msgspec.structs.replace(record, pen_widths=None), None
        try:
            self.store.insert(record, kept, self._budget)
            return "stored"
        except RecorderUnavailable as error:
            log.info("Queued %s: %s", record.id, error)
            self.on_store_error("insert")
        self._outbox.enqueue(record, kept)
        self._wake.set()
        return "queued"

    def get(self, record_id: uuid.UUID) -> Record | None:
        queued = self._outbox.get(record_id)
        return queued.record if queued else self._find(record_id, self.store.get)

    def drawing(self, record_id: uuid.UUID) -> Drawing | None:
        """None if there is no such record, or if its drawing was not kept."""
        queued = self._outbox.get(record_id)
        return queued.drawing if queued else self._find(record_id, self.store.drawing)

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        """The newest stored records older than `before`. With a filter that few records match, the page may be short,
        even empty, and still have a `next`."""
        records: list[Record] = []
        end = time.monotonic() + FILL_SECONDS
        while True:
            page = self.store.page(limit - len(records), before, only)
            records += page.records
            before = page.next
            if before is None or len(records) == limit or time.monotonic() > end:
                return Page(records=tuple(records), next=before)

    def export(self, only: Filter) -> Iterator[Record]:
        """All stored records that match, newest first; only one page at a time is in memory."""
        for page in all_pages(self.store, EXPORT_PAGE, only):
            yield from page.records

    def export_seen(self, only: Filter) -> Iterator[tuple[Record, bytes]]:
        """The same, each with `Drawing.seen`; records without one are left out."""
        for page in all_pages(self.store, EXPORT_PAGE, only):
            seen = self.store.seen([record.id for record in page.records])
            yield from ((record, image) for record, image in zip(page.records, seen, strict=True) if image)

    def some(self, record_ids: Iterable[uuid.UUID]) -> Iterator[Record]:
        """The records with these ids, of those that exist."""
        return filter(None, map(self.get, record_ids))

    def some_seen(self, record_ids: Iterable[uuid.UUID]) -> Iterator[tuple[Record, bytes]]:
        """The same, each with `Drawing.seen`; records without one are left out."""
        for record in self.some(record_ids):
            drawing = self.drawing(record.id)
            if drawing is not None:
                yield record, drawing.seen

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Set the label (None removes it) and return the record as it is then; None if there is no such record."""
        return self._outbox.correct(record_id, label) or self._find(
            record_id, lambda found: self.store.correct(found, label)
        )

    def delete(self, record_id: uuid.UUID) -> bool:
        """Delete a record and its drawing for good; False if there is no such record."""
        return self._outbox.delete(record_id) or self._find(record_id, self.store.delete)

    def counts(self) -> RecordCounts:
        return self.store.counts()

    def state(self) -> RecorderState:
        """For health checks."""
        detail, warnings = self.store.problem(), self.store.warnings()
        try:
            queued, oldest = self._outbox.length(), round(self._outbox.age(), 3)
        except RecorderUnavailable as error:
            return RecorderState(ok=False, store=self.name, detail=detail or str(error), warnings=warnings)
        return RecorderState(
            ok=detail is None, store=self.name, queued=queued, oldest_s=oldest, detail=detail, warnings=warnings
        )

    def deliver(self) -> None:
        """Deliver what is queued, until all of it is delivered or the recorder is closed.

        Raises RecorderUnavailable if the store does not accept it.
        """
        for _ in self._outbox.deliver(self.store, DELIVERY_TIMEOUT):
            if self._closing:
                return

    def _find(self, record_id: uuid.UUID, call: Callable[[uuid.UUID], T]) -> T:
        """The result of `call` for an id or, if that has no record, for the record that it is another id of."""
        result = call(record_id)
        if not result and (target := self.store.resolve_alias(record_id)) is not None:
            return call(target)
        return result

    def _run_delivery(self) -> None:
        pause = DELIVERY_INTERVAL
        while not self._closing:
            self._wake.wait(pause)
            self._wake.clear()
            if self._closing:
                return
            try:
                self.deliver()
                pause = DELIVERY_INTERVAL
            except Exception as error:  # whatever it is, the records stay queued and are tried again
                pause = min(LONGEST_BACKOFF, pause * 2)
                self.on_store_error("deliver")
                level = logging.INFO if isinstance(error, RecorderUnavailable) else logging.ERROR
                log.log(level, "Delivery of queued records failed, next attempt in %.0f s: %s", pause, error)
