"""The labeling queue of a server. Its events and leases are in the store, so any process of any host may serve it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np

from backend.labeling.label_errors import likely_errors
from backend.labeling.labels import AGREE, Labels
from backend.records.record import DIGITS, Filter, Record
from backend.records.recorder import Recorder
from backend.records.room_events import LABELING, AnyEvent, Decided, Enrolled, Invited, Labeled, Settled
from backend.rooms.codes import new_code, new_token, token_digest

FRESH = 0.2  # seconds for which events that were read are not read again
LEASE = 120  # seconds for which nobody else gets a drawing
CANDIDATES_FRESH = 10.0  # seconds
MOST_CANDIDATES = 2_000  # records without a label, the newest, among which the most uncertain come first
MOST_COMPARED = 20_000  # labeled records, the newest, among which likely errors are looked for
MOST_ERRORS = 200

UNLABELED = Filter(corrected=False)
LABELED = Filter(corrected=True)


class Doubt(NamedTuple):
    """A drawing that the operator should decide on."""

    record: Record
    reason: Literal["disagreement", "likely_error"]
    labels: list[str]  # that people gave, the last correction included


class Queue:
    """recorder: where drawings, events and leases are. Methods may be called from any thread and raise
    RecorderUnavailable if its store is unavailable."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._store = recorder.store
        self._lock = threading.Lock()
        self._labels = Labels()
        self._read_at = -FRESH  # time.monotonic()
        self._candidates: list[Record] = []
        self._candidates_at = -CANDIDATES_FRESH

    def labels(self, fresh: bool = False) -> Labels:
        """All labels, at most FRESH seconds old; with `fresh`, the current ones."""
        with self._lock:
            now = time.monotonic()
            if fresh or now > self._read_at + FRESH:
                self._labels.add(self._store.events(LABELING, self._labels.last))
                self._read_at = now
            return self._labels

    def invite(self) -> str:
        """Create the code with which annotators enroll. An earlier code, and access by it, end."""
        code = new_code()
        self._add(Invited(code=code))
        return code

    def end(self) -> None:
        """End the invitation and the access of all annotators. Their labels stay."""
        self._add(Invited(code=None))

    def enroll(self, code: str) -> tuple[str, str] | None:
        """The id and the token of a new annotator; None: the code is not that of the invitation."""
        if code != self.labels(fresh=True).code:
            return None
        annotator, token = new_token()[:8], new_token()
        self._add(Enrolled(annotator=annotator, token=token_digest(token), code=code))
        return annotator, token

    def batch(self, annotator: str, most: int, without: Collection[uuid.UUID]) -> list[Record]:
        """Lease up to `most` records to an annotator: those that somebody else has labeled, then the most uncertain.

        without: records to leave out, such as the annotator's own drawings.
        """
        labels = self.labels(fresh=True)
        open_ = [record for record in self._newest_unlabeled() if self._is_open(labels, record.id, annotator)]
        open_ = [record for record in open_ if record.id not in without]
        open_.sort(key=lambda record: (-len(labels.of(record.id)), certainty(record)))
        by_id = {record.id: record for record in open_}
        leased = self._store.lease(list(by_id), annotator, LEASE, most)
        labels = self.labels(fresh=True)  # somebody may have labeled one just before it was leased
        return [by_id[each] for each in leased if self._is_open(labels, each, annotator)]

    def label(self, annotator: str, record_id: uuid.UUID, label: str | None) -> bool:
        """Give a record a label; None takes it back. When two annotators agree, their label becomes that of the record.

        False: the record is somebody else's now, has enough labels, or does not exist.
        """
        record = self._recorder.get(record_id)
        if record is None or not self._store.lease([record_id], annotator, LEASE, 1):
            return False
        before = self.labels(fresh=True)
        mine, agreed = before.of(record_id).get(annotator), before.agreed(record_id)
        if label is not None and mine is None and not self._is_open(before, record_id, annotator):
            return False
        labels = self._add(Labeled(record=record_id, annotator=annotator, label=label))
        new = labels.agreed(record_id)
        if not labels.is_decided(record_id) and new != agreed and record.label == agreed:
            self._recorder.correct(record_id, new)
        if new is not None:
            self._add(Settled(record=record_id))
        if label is not None:
            self._store.release(record_id, annotator)
        return True

    def decide(self, record_id: uuid.UUID, label: str) -> bool:
        """The operator says what a drawing shows. False: there is no such record."""
        if self._recorder.correct(record_id, label) is None:
            return False
        self._add(Decided(record=record_id, label=label))
        return True

    def doubts(self) -> list[Doubt]:
        """Drawings on which annotators disagree, the oldest first; those on which they agreed and whose label somebody
        removed; those whose label is probably wrong."""
        labels = self.labels(fresh=True)
        removed = [each.id for each in self._newest_unlabeled() if labels.is_settled(each.id)]
        found = [
            Doubt(record, "disagreement", sorted(set(labels.of(record.id).values())))
            for record in self._recorder.some([*labels.disagreements(), *removed])
            if record.label is None
        ]
        for record in self.label_errors()[:MOST_ERRORS]:
            if not labels.is_decided(record.id):
                found.append(Doubt(record, "likely_error", [record.label or ""]))
        return found

    def label_errors(self) -> list[Record]:
        """Records whose label is probably wrong, the most probable error first."""
        labeled = [
            record
            for record in islice(self._recorder.export(LABELED), MOST_COMPARED)
            if record.label in DIGITS and len(record.probabilities) == 10
        ]
        given = np.array([int(record.label or 0) for record in labeled], np.int64)
        probabilities = np.array([record.probabilities for record in labeled], np.float64).reshape(-1, 10)
        return [labeled[index] for index in likely_errors(given, probabilities)]

    def _add(self, event: AnyEvent) -> Labels:
        self._store.add_event(LABELING, event)
        return self.labels(fresh=True)

    def _newest_unlabeled(self) -> list[Record]:
        now = time.monotonic()
        if now > self._candidates_at + CANDIDATES_FRESH:
            self._candidates = list(islice(self._recorder.export(UNLABELED), MOST_CANDIDATES))
            self._candidates_at = now
            self._settle(self._candidates)
        return self._candidates

    def _settle(self, unlabeled: list[Record]) -> None:
        """Finish what processes that died left: set labels on which annotators agree, unless somebody removed them."""
        labels = self.labels()
        for record in unlabeled:
            agreed = labels.agreed(record.id)
            if agreed is not None and not (labels.is_settled(record.id) or labels.is_decided(record.id)):
                self._recorder.correct(record.id, agreed)
                self._store.add_event(LABELING, Settled(record=record.id))

    @staticmethod
    def _is_open(labels: Labels, record_id: uuid.UUID, annotator: str) -> bool:
        given = labels.of(record_id)
        return len(given) < AGREE and annotator not in given and not labels.is_decided(record_id)


def certainty(record: Record) -> float:
    """-1 to 1; negative: a doubtful reading."""
    return record.confidence - 1 if record.doubtful else record.confidence
