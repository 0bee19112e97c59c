"""Several annotators share a queue, through two processes' views of the same store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.labeling import queue as queues
from backend.labeling.queue import Queue
from backend.records import open_recorder
from backend.records.recorder import Recorder
from backend.settings import Settings
from tools.sample_records import drawing, new_id, record


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setattr(queues, "CANDIDATES_FRESH", -1.0)
    with closing(open_recorder(Settings(instance=tmp_path, record_budget_ms=10_000))) as opened:
        opened.start()
        yield opened


@pytest.fixture
def queue(recorder: Recorder) -> Queue:
    return Queue(recorder)


def annotators(queue: Queue, count: int) -> list[str]:
    code = queue.invite()
    enrolled = [queue.enroll(code) for _ in range(count)]
    return [each[0] for each in enrolled if each is not None]


def made(recorder: Recorder, *confidences: float) -> list[uuid.UUID]:
    ids = []
    for confidence in confidences:
        each = record(id=new_id(), confidence=confidence)
        recorder.record(each, drawing())
        ids.append(each.id)
    return ids


def batch(queue: Queue, annotator: str, most: int = 10, without: tuple[uuid.UUID, ...] = ()) -> list[uuid.UUID]:
    return [each.id for each in queue.batch(annotator, most, without)]


def label_of(recorder: Recorder, record_id: uuid.UUID) -> str | None:
    found = recorder.get(record_id)
    assert found is not None
    return found.label


def test_a_label_counts_when_two_annotators_agree(recorder: Recorder, queue: Queue) -> None:
    ada, bob = annotators(queue, 2)
    (seven,) = made(recorder, 0.5)
    assert queue.label(ada, seven, "1")
    assert label_of(recorder, seven) is None
    assert batch(queue, ada) == []
    assert batch(queue, bob) == [seven]
    assert queue.label(bob, seven, "1")
    assert label_of(recorder, seven) == "1"
    assert (batch(queue, ada), batch(queue, bob), queue.doubts()) == ([], [], [])
    assert queue.label(bob, seven, None)  # undo
    assert label_of(recorder, seven) is None
    assert batch(queue, bob) == [seven]


def test_the_most_uncertain_come_first_and_nobody_gets_what_another_has(recorder: Recorder, queue: Queue) -> None:
    ada, bob = annotators(queue, 2)
    sure, unsure, middle = made(recorder, 0.9, 0.3, 0.6)
    other_process = Queue(recorder)
    assert batch(queue, ada, 2) == [unsure, middle]
    assert batch(other_process, bob, 3) == [sure]
    assert not other_process.label(bob, unsure, "7")
    assert queue.label(ada, unsure, "7")
    assert batch(other_process, bob, 3) == [unsure, sure]


def test_a_lease_ends_by_itself(recorder: Recorder, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = annotators(queue, 2)
    made(recorder, 0.9)
    monkeypatch.setattr(queues, "LEASE", 0)
    (leased,) = batch(queue, ada)
    assert batch(queue, bob) == [leased]


def test_nobody_labels_their_own_drawings(recorder: Recorder, queue: Queue) -> None:
    (ada,) = annotators(queue, 1)
    own, other = made(recorder, 0.5, 0.6)
    assert batch(queue, ada, without=(own,)) == [other]


def test_the_operator_decides_when_annotators_disagree(recorder: Recorder, queue: Queue) -> None:
    ada, bob, eve = annotators(queue, 3)
    first, second = made(recorder, 0.5, 0.6)
    for annotator, label in ((ada, "1"), (bob, "7")):
        queue.label(annotator, first, label)
        queue.label(annotator, second, "7")
    assert [(each.record.id, each.reason, each.labels) for each in queue.doubts()] == [
        (first, "disagreement", ["1", "7"])
    ]
    assert batch(queue, eve) == []
    assert queue.decide(first, "7")
    assert label_of(recorder, first) == "7"
    assert queue.doubts() == []
    assert queue.label(bob, first, None)  # which does not change what the operator decided
    assert label_of(recorder, first) == "7"


def test_a_likely_error_stays_listed_until_the_operator_decides(recorder: Recorder, queue: Queue) -> None:
    seven, wrong, one = made(recorder, 0.9, 0.9, 0.9)
    ones = record(id=new_id(), result="1", digit=1, probabilities=(0.0, 0.8, *(0.025,) * 8))
    recorder.record(ones, drawing())
    for record_id, label in ((seven, "7"), (wrong, "1"), (one, "7"), (ones.id, "1")):
        recorder.correct(record_id, label)
    assert [(each.record.id, each.reason, each.labels) for each in queue.doubts()] == [(wrong, "likely_error", ["1"])]
    queue.decide(wrong, "1")
    assert queue.doubts() == []


def test_an_agreement_is_settled_after_a_process_died_in_between(
    recorder: Recorder, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = annotators(queue, 2)
    (seven,) = made(recorder, 0.5)
    queue.label(ada, seven, "7")
    with monkeypatch.context() as dying:
        dying.setattr(recorder, "correct", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            queue.label(bob, seven, "7")
    assert label_of(recorder, seven) is None
    batch(queue, ada)
    assert label_of(recorder, seven) == "7"
    recorder.correct(seven, None)
    batch(queue, ada)
    assert label_of(recorder, seven) is None


def test_an_agreed_label_that_somebody_removed_is_not_set_again_but_decided(recorder: Recorder, queue: Queue) -> None:
    ada, bob, eve = annotators(queue, 3)
    seven, other = made(recorder, 0.5, 0.6)
    for annotator in (ada, bob):
        queue.label(annotator, seven, "7")
    recorder.correct(seven, None)
    for each in (queue, Queue(recorder)):
        assert batch(each, eve) == [other]
        assert label_of(recorder, seven) is None
    assert [(each.record.id, each.reason, each.labels) for each in queue.doubts()] == [(seven, "disagreement", ["7"])]
    queue.decide(seven, "1")
    assert queue.doubts() == []
    assert label_of(recorder, seven) == "1"


def test_who_labels_again_after_undo_agrees_again(recorder: Recorder, queue: Queue) -> None:
    ada, bob = annotators(queue, 2)
    (seven,) = made(recorder, 0.5)
    for annotator, label in ((ada, "7"), (bob, "7"), (bob, None), (bob, "7")):
        queue.label(annotator, seven, label)
    assert label_of(recorder, seven) == "7"
    assert queue.doubts() == []


def test_a_new_invitation_ends_the_earlier_one(queue: Queue) -> None:
    code = queue.invite()
    enrolled = queue.enroll(code)
    assert enrolled is not None
    annotator, token = enrolled
    assert queue.labels().annotator_with(token) == annotator
    queue.invite()
    assert queue.enroll(code) is None
    assert queue.labels().annotator_with(token) is None
    queue.end()
    assert queue.labels().code is None
