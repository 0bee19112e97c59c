"""What the events of the labeling queue add up to."""

from __future__ import annotations

import statistics
import uuid
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, pairwise
from typing import NamedTuple

from backend.records.room_events import Decided, Enrolled, Entry, Invited, Labeled, Settled
from backend.rooms.codes import is_token

AGREE = 2  # as many annotators label a drawing; if they agree, their label counts
TICKS = 10**7  # per second
RECENT = 20  # the labels from which the speed is computed
BREAK = 60.0  # seconds between two labels; longer pauses do not count for the speed


class Given(NamedTuple):
    """A label or a code, and when it was given."""

    time: int  # of the event, in 100 ns since 1582
    label: str | None  # None: taken back


class Labels:
    """The labels of all annotators. The order in which events are added does not matter: the latest event decides."""

    def __init__(self) -> None:
        self.last: uuid.UUID | None = None  # the last event
        self._invited = Given(0, None)
        self._enrolled: dict[str, Enrolled] = {}
        self._given: dict[uuid.UUID, dict[str, Given]] = {}  # by record and annotator
        self._settled: dict[uuid.UUID, int] = {}  # when
        self._decided: dict[uuid.UUID, Given] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Add events as `Store.events` returns them. Those that are known already change nothing."""
        for event_id, event in entries:
            if self.last is None or event_id.time > self.last.time:
                self.last = event_id
            match event:
                case Invited(code=code):
                    self._invited = max(self._invited, Given(event_id.time, code), key=_time)
                case Enrolled():
                    self._enrolled[event.annotator] = event
                case Labeled(record=record, annotator=annotator, label=label):
                    given = self._given.setdefault(record, {})
                    new = Given(event_id.time, label)
                    given[annotator] = max(given.get(annotator, new), new, key=_time)
                case Settled(record=record):
                    self._settled[record] = max(self._settled.get(record, 0), event_id.time)
                case Decided(record=record, label=label):
                    decided = Given(event_id.time, label)
                    self._decided[record] = max(self._decided.get(record, decided), decided, key=_time)

    @property
    def code(self) -> str | None:
        """The code of the invitation; None: nobody is invited."""
        return self._invited.label

    @property
    def annotators(self) -> list[str]:
        return list(self._enrolled)

    def annotator_with(self, token: str) -> str | None:
        """The annotator with this token, while the invitation that it used is open."""
        for enrolled in list(self._enrolled.values()):
            if enrolled.code == self.code and is_token(token, enrolled.token):
                return enrolled.annotator
        return None

    def of(self, record: uuid.UUID) -> dict[str, str]:
        """The labels of a record, by annotator."""
        given = dict(self._given.get(record, {}))
        return {annotator: each.label for annotator, each in given.items() if each.label is not None}

    def all(self) -> dict[uuid.UUID, dict[str, str]]:
        """The labels of all records that have any."""
        return {record: labels for record in list(self._given) if (labels := self.of(record))}

    def agreed(self, record: uuid.UUID) -> str | None:
        """The label that two annotators gave; None: there is none yet, or they disagree."""
        label, count = max(Counter(self.of(record).values()).items(), key=lambda each: each[1], default=("", 0))
        return label if count >= AGREE else None

    def is_settled(self, record: uuid.UUID) -> bool:
        """Whether the label on which annotators agree has been set since they labeled the record, and the operator has
        not decided."""
        last = max((given.time for given in self._given.get(record, {}).values()), default=0)
        return self._settled.get(record, 0) > last and not self.is_decided(record)

    def is_decided(self, record: uuid.UUID) -> bool:
        return record in self._decided

    def disagreements(self) -> list[uuid.UUID]:
        """The records on whose labels two annotators disagree and the operator has not decided."""
        return [
            record
            for record, labels in self.all().items()
            if len(labels) >= AGREE and self.agreed(record) is None and not self.is_decided(record)
        ]

    def kappa(self) -> float | None:
        """Cohen's kappa: 1 if annotators always agree, 0 if no more often than by chance. The mean over all pairs of
        annotators, weighted by how many drawings both labeled; None: there are none."""
        by_pair: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for labels in self.all().values():
            for pair in combinations(sorted(labels), 2):
                by_pair.setdefault(pair, []).append((labels[pair[0]], labels[pair[1]]))
        count = sum(map(len, by_pair.values()))
        return sum(len(both) * _kappa(both) for both in by_pair.values()) / count if count else None

    def speed(self, annotator: str) -> float | None:
        """The labels per minute of an annotator, over the last ones without breaks; None: too few to tell."""
        times = sorted(given[annotator].time for given in list(self._given.values()) if annotator in given)[-RECENT:]
        gaps = [(later - earlier) / TICKS for earlier, later in pairwise(times)]
        gaps = [gap for gap in gaps if 0 < gap < BREAK]
        return 60 / statistics.mean(gaps) if len(gaps) > 1 else None


def _time(given: Given) -> int:
    return given.time


def _kappa(both: list[tuple[str, str]]) -> float:
    observed = sum(one == other for one, other in both) / len(both)
    ones, others = Counter(one for one, _ in both), Counter(other for _, other in both)
    by_chance = sum(ones[label] * others[label] for label in ones) / len(both) ** 2
    return 1.0 if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
