"""A prediction as it is recorded, and what every store must do with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Protocol

import msgspec

from backend.reading.verdict import Verdict

Source = Literal["canvas", "upload"]

KEY_LIFETIME = timedelta(days=1)  # how long an idempotency key is remembered

GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # where the clock of a version 1 UUID starts, RFC 9562


def date_of(record_id: uuid.UUID) -> datetime:
    """The instant, UTC, at which a version 1 UUID was made."""
    return GREGORIAN + timedelta(microseconds=record_id.time // 10)


def ticks(instant: datetime) -> int:
    """An instant on that clock: 100 ns since GREGORIAN."""
    return (instant - GREGORIAN) // timedelta(microseconds=1) * 10


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction. Never changed once it is written: `label` stands in rows of its own."""

    id: uuid.UUID  # version 1: its time is the record's date and its place in the order
    result: str  # the text that was shown: "7", or "not a digit"
    digit: int  # 0 to 9
    confidence: float  # 0 to 1, calibrated
    probabilities: tuple[float, ...]  # ten, summing to 1
    verdict: Verdict
    source: Source
    model_version: str
    file_name: str | None = None
    expected: str | None = None  # the digit that the person said beforehand that they mean
    label: str | None = None  # the last correction, "0" to "9" or "not_a_digit"
    client: str | None = None  # the client's address, only where the operator asked for it

    @property
    def meant(self) -> str | None:
        """What the person drew, as far as they said."""
        return self.label if self.label is not None else self.expected

    @property
    def read(self) -> str:
        """What the network read, in the words of a label."""
        return "not_a_digit" if self.verdict == "not_a_digit" else str(self.digit)


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent with a prediction, as it was sent, and what the network saw of it."""

    image: bytes
    media_type: str  # "image/png", ...
    seen: bytes = b""  # 28x28 uint8, row by row, 0 paper .. 255 ink: 784 bytes
    strokes: bytes | None = None  # JSON: [[[x, y, milliseconds], ...], ...] on the 280x280 canvas


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was taken: the given one, or the earlier one of the same idempotency key."""

    record: Record
    state: Literal["stored", "queued"]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records a page, an export or a count is about. None: any."""

    result: str | None = None
    verdict: Verdict | None = None
    corrected: bool | None = None
    source: Source | None = None
    day: date | None = None  # UTC


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Records, newest first, and the id to ask the next page with, if there is one."""

    records: tuple[Record, ...]
    next: uuid.UUID | None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of one UTC day were read as `result`."""

    day: date
    result: str
    count: int


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How many records meant as `meant` (label, else expected) were read as `read`."""

    meant: str
    read: str
    count: int


class RecorderUnavailable(Exception):
    """The store can't take or give records now; the text says which store and why."""


class Store(Protocol):
    """Where records live. Any thread may call any method; each raises `RecorderUnavailable` when
    the store can't be reached in time. One suite, tests/records/test_contract.py, holds for all."""

    def start(self) -> None:
        """Begin to connect, in the background; call it in the process that serves, after the fork."""

    def add(self, record: Record, drawing: Drawing, key: str | None, timeout: float) -> Record:
        """Write durably within `timeout` seconds; on return, anyone who asks reads the record.

        Adding the same id again changes nothing, also after RecorderUnavailable, when it may or may
        not have been written. With a key that was used in the last KEY_LIFETIME, nothing is
        written and the record of that time is returned.
        """

    def get(self, record_id: uuid.UUID) -> Record | None: ...

    def add_alias(self, record_id: uuid.UUID, same_as: uuid.UUID, timeout: float) -> None:
        """Let an id that was acknowledged, but under which nothing is stored, lead to a record: an earlier try with
        the same key had reached the store, unheard, before the one with this id was queued."""

    def same_as(self, record_id: uuid.UUID) -> uuid.UUID | None:
        """Where an alias leads, None for an id that is none."""

    def drawing(self, record_id: uuid.UUID) -> Drawing | None: ...

    def seen(self, record_ids: Sequence[uuid.UUID]) -> list[bytes]:
        """Drawing.seen of each; nothing for a record that is not, or no longer, there."""

    def page(self, limit: int, before: uuid.UUID | None, only: Filter) -> Page:
        """The newest records older than `before`. It looks at a bounded number of records, so that
        with a filter it may find fewer than `limit`, even none, and still have a `next`."""

    def correct(self, record_id: uuid.UUID, label: str | None) -> Record | None:
        """Append a correction (None takes the last one back); the record as it now reads, None if
        there is no such record."""

    def delete(self, record_id: uuid.UUID) -> bool:
        """Delete for good, drawing and all; False if there is no such record."""

    def was_deleted(self, record_id: uuid.UUID) -> bool:
        """Whether there was such a record, and it was deleted."""

    def counts(self) -> list[Count]: ...

    def confusion(self) -> list[Confusion]: ...

    def problem(self) -> str | None:
        """Why the store can't serve now, in a sentence; None: it can."""

    def close(self) -> None: ...
