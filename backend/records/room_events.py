"""The events of rooms and of the labeling queue. A room is the list of its events, and nothing else is stored:
`backend.rooms.room.Room` is computed from them, and `backend.labeling.labels.Labels` from those of the queue. The
stores keep them as JSON, in the order in which they arrived.

A store adds `Drew`, `Corrected` and `Deleted` itself, in the same write as the record, so that a drawing that waited in
an outbox or on a pupil's device appears when it arrives.
"""

from __future__ import annotations

import uuid

import msgspec

from backend.reading.verdict import Verdict
from backend.records.record import Record, read


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A change of a room or of the labeling queue."""


class Opened(Event, frozen=True, kw_only=True):
    teacher: str  # a digest of the teacher's token
    ends: float  # seconds since 1970
    keep: bool  # whether the records stay when the room has ended


class Joined(Event, frozen=True, kw_only=True):
    pupil: str
    nickname: str
    token: str  # a digest of the pupil's token


class Removed(Event, frozen=True, kw_only=True):
    pupil: str


class TaskSet(Event, frozen=True, kw_only=True):
    digit: str | None  # what everyone is to draw; None: anything
    reads: str | None  # as which digit the network is to misread it


class Paused(Event, frozen=True, kw_only=True):
    paused: bool


class Drew(Event, frozen=True, kw_only=True):
    record: uuid.UUID
    pupil: str
    verdict: Verdict
    result: str
    expected: str | None = None
    label: str | None = None
    confidence: float
    probabilities: tuple[float, ...]

    @property
    def read(self) -> str:
        return read(self.verdict, self.result)


class Corrected(Event, frozen=True, kw_only=True):
    record: uuid.UUID
    label: str | None


class Deleted(Event, frozen=True, kw_only=True):
    record: uuid.UUID


class Hid(Event, frozen=True, kw_only=True):
    record: uuid.UUID
    hidden: bool


class Voted(Event, frozen=True, kw_only=True):
    record: uuid.UUID
    pupil: str
    label: str


class Ended(Event, frozen=True, kw_only=True):
    at: float  # seconds since 1970
    keep: bool


# The labeling queue is kept in the same way, as a room with a code that no room can have.
LABELING = "labels"


class Invited(Event, frozen=True, kw_only=True):
    code: str | None  # with which annotators enroll; None: the invitation and the access of all annotators have ended


class Enrolled(Event, frozen=True, kw_only=True):
    annotator: str
    token: str  # a digest of the annotator's token
    code: str  # of the invitation


class Labeled(Event, frozen=True, kw_only=True):
    record: uuid.UUID
    annotator: str
    label: str | None  # None: taken back


class Settled(Event, frozen=True, kw_only=True):
    """The label on which annotators agreed was set. If it is removed later, that was on purpose."""

    record: uuid.UUID


class Decided(Event, frozen=True, kw_only=True):
    """The operator has decided which label is right."""

    record: uuid.UUID
    label: str


AnyEvent = (
    Opened
    | Joined
    | Removed
    | TaskSet
    | Paused
    | Drew
    | Corrected
    | Deleted
    | Hid
    | Voted
    | Ended
    | Invited
    | Enrolled
    | Labeled
    | Settled
    | Decided
)

encode = msgspec.json.encode
decode = msgspec.json.Decoder(AnyEvent).decode

Entry = tuple[uuid.UUID, AnyEvent]  # with its id, a UUID version 1 of the time at which it arrived


def drew(record: Record) -> Drew:
    """The event of a new record that has a room."""
    return Drew(
        record=record.id,
        pupil=record.pupil or "",
        verdict=record.verdict,
        result=record.result,
        expected=record.expected,
        label=record.label,
        confidence=round(record.confidence, 4),
        probabilities=tuple(round(each, 4) for each in record.probabilities),
    )
