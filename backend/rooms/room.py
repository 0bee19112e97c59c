"""A room: what its events add up to. Independent of how they are stored."""

from __future__ import annotations

import hmac
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.records.ids import date_of
from backend.records.record import Confusion, counted, meant
from backend.records.room_events import (
    AnyEvent,
    Corrected,
    Deleted,
    Drew,
    Ended,
    Entry,
    Hid,
    Joined,
    Opened,
    Paused,
    Removed,
    TaskSet,
    Voted,
)
from backend.rooms.codes import is_token, token_digest
from backend.rooms.nicknames import unique

MOST_PUPILS = 100
NEWEST = 200  # drawings of a room among which pupils vote
MOST_DRAWINGS = 20_000  # of a room; 8 MB of events


@dataclass(frozen=True, kw_only=True)
class Pupil:
    id: str
    nickname: str
    token: str  # a digest
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class Task:
    digit: str
    reads: str | None
    since: uuid.UUID  # the event that set it

    def done_by(self, drawing: ClassDrawing) -> bool:
        """Whether a drawing that was made since then is read as the task says."""
        return drawing.meant == self.digit and drawing.read == (self.reads or self.digit)


@dataclass(kw_only=True)
class ClassDrawing:
    """A drawing on the wall."""

    record: uuid.UUID
    pupil: str
    read: str  # by the network: "0" to "9", a number, or "not_a_digit"
    sure: bool  # whether the network's verdict is `digit` or `number`
    confidence: float
    probabilities: tuple[float, ...]
    expected: str | None
    label: str | None
    arrived: uuid.UUID  # the event that added it
    changed: uuid.UUID  # the last event that changed it
    hidden: bool = False  # by the teacher, or because its pupil was removed
    deleted: bool = False
    votes: dict[str, str] = field(default_factory=dict)  # pupil: label

    @property
    def meant(self) -> str | None:
        return meant(self.label, self.expected)

    @property
    def shown(self) -> bool:
        return not (self.hidden or self.deleted)

    @property
    def ambiguous(self) -> bool:
        """Whether people may vote on it: the network is unsure, or it read another digit than was meant."""
        return not self.sure or self.meant not in (None, self.read)


@dataclass(frozen=True)
class Accuracy:
    right: int
    of: int  # drawings of which it is known what was meant


class Room:
    """Other threads may read while one adds events: properties and methods return copies."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._entries: dict[uuid.UUID, AnyEvent] = {}
        self._sum = 0  # of the ids of the events, modulo 2 ** 64
        self.last: uuid.UUID | None = None  # the last event
        self.teacher: str | None = None
        self.ends = 0.0
        self.keep = False
        self.ended: Ended | None = None
        self.paused_at: datetime | None = None
        self.task: Task | None = None
        self.pupils: dict[str, Pupil] = {}
        self.drawings: dict[uuid.UUID, ClassDrawing] = {}

    def after(self, entries: Iterable[Entry]) -> Room:
        """The room after more events, as `Store.events` returns them. Those that are known already change nothing. This
        object, unless one of them belongs before others; then it is another one."""
        new = {event_id: event for event_id, event in entries if event_id not in self._entries}
        if not new:
            return self
        if self.last is not None and min(event_id.time for event_id in new) < self.last.time:
            return Room(self.code).after([*self._entries.items(), *new.items()])
        for event_id, event in sorted(new.items(), key=lambda entry: entry[0].time):
            self._entries[event_id] = event
            self._sum = (self._sum + event_id.int) % (1 << 64)
            self._apply(event_id, event)
            self.last = event_id
        return self

    @property
    def fingerprint(self) -> str:
        """The same for the same events, in whatever process."""
        return f"{len(self._entries)}-{self._sum:x}"

    @property
    def is_only_ended(self) -> bool:
        """Whether nothing is left of it but that it has ended."""
        return all(isinstance(event, Ended) for event in self._entries.values())

    @property
    def is_open(self) -> bool:
        return self.teacher is not None and self.ended is None

    @property
    def present(self) -> list[Pupil]:
        return [pupil for pupil in list(self.pupils.values()) if not pupil.removed]

    @property
    def wall(self) -> list[ClassDrawing]:
        """In the order in which they arrived."""
        return [drawing for drawing in list(self.drawings.values()) if drawing.shown]

    def nicknames(self) -> set[str]:
        return {pupil.nickname.casefold() for pupil in list(self.pupils.values())}

    def is_teacher(self, token: str) -> bool:
        return self.teacher is not None and is_token(token, self.teacher)

    def pupil_with(self, token: str) -> Pupil | None:
        """The pupil, perhaps a removed one, with this token."""
        digest = token_digest(token)
        found = [pupil for pupil in list(self.pupils.values()) if hmac.compare_digest(digest, pupil.token)]
        return found[0] if found else None

    def of_pupil(self, pupil: str) -> list[ClassDrawing]:
        """Also the hidden ones."""
        return [drawing for drawing in list(self.drawings.values()) if drawing.pupil == pupil and not drawing.deleted]

    def ballot(self, pupil: str) -> ClassDrawing | None:
        """What a pupil may vote on next: of the newest ambiguous drawings of others, that with the fewest votes."""
        waiting = [
            drawing
            for drawing in self.wall[-NEWEST:]
            if drawing.ambiguous and pupil not in {drawing.pupil, *drawing.votes}
        ]
        return min(waiting, key=lambda drawing: len(drawing.votes), default=None)

    def task_done(self) -> int:
        """How many pupils have done the current task."""
        task = self.task
        if task is None:
            return 0
        since = task.since.time
        return len({each.pupil for each in self.wall if each.arrived.time > since and task.done_by(each)})

    def _apply(self, event_id: uuid.UUID, event: AnyEvent) -> None:
        match event:
            case Opened():
                self.teacher, self.ends, self.keep = event.teacher, event.ends, event.keep
            case Joined() if event.pupil not in self.pupils:  # two requests with the same key at the same time
                name = unique(event.nickname, self.nicknames())
                self.pupils[event.pupil] = Pupil(id=event.pupil, nickname=name, token=event.token)
            case Removed(pupil=pupil) if pupil in self.pupils:
                self.pupils[pupil] = replace(self.pupils[pupil], removed=True)
                for drawing in self.of_pupil(pupil):
                    drawing.hidden, drawing.changed = True, event_id
            case TaskSet(digit=digit, reads=reads):
                self.task = None if digit is None else Task(digit=digit, reads=reads, since=event_id)
            case Paused(paused=paused):
                self.paused_at = date_of(event_id) if paused else None
            case Drew() if event.record not in self.drawings:
                removed = event.pupil in self.pupils and self.pupils[event.pupil].removed
                self.drawings[event.record] = ClassDrawing(
                    record=event.record,
                    pupil=event.pupil,
                    read=event.read,
                    sure=event.verdict in ("digit", "number"),
                    confidence=event.confidence,
                    probabilities=event.probabilities,
                    expected=event.expected,
                    label=event.label,
                    arrived=event_id,
                    changed=event_id,
                    hidden=removed,
                )
            case Ended():
                self.ended = event
            case Corrected() | Deleted() | Hid() | Voted() if event.record in self.drawings:
                drawing = self.drawings[event.record]
                drawing.changed = event_id
                match event:
                    case Corrected(label=label):
                        drawing.label = label
                    case Deleted():
                        drawing.deleted = True
                    case Hid(hidden=hidden):
                        drawing.hidden = hidden
                    case Voted(pupil=pupil, label=label):
                        drawing.votes[pupil] = label


def accuracy(drawings: Iterable[ClassDrawing]) -> Accuracy:
    known = [drawing for drawing in drawings if drawing.meant is not None]
    return Accuracy(sum(drawing.meant == drawing.read for drawing in known), len(known))


def confusion(drawings: Iterable[ClassDrawing]) -> list[Confusion]:
    """Of the drawings of which it is known what was meant, as the recorder counts them: all numbers as `number`."""
    cells = Counter((counted(each.meant), counted(each.read)) for each in drawings if each.meant is not None)
    return [Confusion(meant=meant, read=read, count=count) for (meant, read), count in sorted(cells.items())]
