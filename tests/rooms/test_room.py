"""A room is what its events add up to, whatever order and however often they are read."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.records.ids import timeuuid
from backend.records.record import Confusion
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
from backend.rooms.codes import token_digest
from backend.rooms.room import Accuracy, Room, accuracy, confusion

ONE, TWO, THREE = (uuid.UUID(int=n) for n in (1, 2, 3))


def drew(record: uuid.UUID, read: int, pupil: str = "ada", expected: str | None = None, **fields: Any) -> Drew:
    return Drew(
        **{
            "record": record,
            "pupil": pupil,
            "verdict": "digit",
            "result": str(read),
            "expected": expected,
            "confidence": 0.9,
            "probabilities": (0.1,) * 10,
            **fields,
        }
    )


def joined(pupil: str, nickname: str = "") -> Joined:
    return Joined(pupil=pupil, nickname=nickname or pupil, token=token_digest(f"token of {pupil}"))


def entries(*events: AnyEvent) -> list[Entry]:
    return [(timeuuid(1000 * n, n, 7), event) for n, event in enumerate(events, 1)]


def room(*events: AnyEvent) -> Room:
    opened = Opened(teacher=token_digest("token of the teacher"), ends=100.0, keep=False)
    return Room("K7MXA4").after(entries(opened, joined("ada"), joined("bob"), *events))


def test_a_room_that_does_not_exist_has_no_teacher() -> None:
    assert not Room("K7MXA4").is_open
    assert not Room("K7MXA4").is_teacher("")


def test_tokens_tell_the_teacher_and_the_pupils_apart() -> None:
    made = room()
    assert made.is_open
    assert made.is_teacher("token of the teacher")
    assert not made.is_teacher("token of ada")
    pupil = made.pupil_with("token of ada")
    assert pupil is not None
    assert pupil.id == "ada"
    assert made.pupil_with("token of the teacher") is None


def test_two_pupils_who_join_at_once_with_one_name_get_two() -> None:
    made = room(joined("third", "Ada"))
    assert [pupil.nickname for pupil in made.present] == ["ada", "bob", "Ada 2"]


def test_a_drawing_that_is_reported_twice_is_on_the_wall_once() -> None:
    made = room(drew(ONE, 7), drew(ONE, 7), drew(TWO, 1))
    assert [drawing.record for drawing in made.wall] == [ONE, TWO]


def test_hidden_and_deleted_drawings_are_not_on_the_wall() -> None:
    made = room(drew(ONE, 7), drew(TWO, 1), drew(THREE, 2), Hid(record=ONE, hidden=True), Deleted(record=TWO))
    assert [drawing.record for drawing in made.wall] == [THREE]
    assert room(drew(ONE, 7), Hid(record=ONE, hidden=True), Hid(record=ONE, hidden=False)).wall


def test_a_removed_pupil_leaves_with_all_drawings_even_late_ones() -> None:
    made = room(drew(ONE, 7), drew(TWO, 1, "bob"), Removed(pupil="ada"), drew(THREE, 2))
    assert [drawing.record for drawing in made.wall] == [TWO]
    assert [pupil.id for pupil in made.present] == ["bob"]
    pupil = made.pupil_with("token of ada")
    assert pupil is not None
    assert pupil.removed


def test_accuracy_counts_drawings_of_which_it_is_known_what_was_meant() -> None:
    made = room(drew(ONE, 7, expected="7"), drew(TWO, 7, expected="1"), drew(THREE, 2))
    assert accuracy(made.wall) == Accuracy(1, 2)
    assert accuracy(room(drew(THREE, 2), Corrected(record=THREE, label="2")).wall) == Accuracy(1, 1)


def test_the_matrix_counts_what_was_meant_and_read() -> None:
    scribble = drew(THREE, 2, expected="1", verdict="not_a_digit")
    made = room(drew(ONE, 7, expected="7"), drew(TWO, 7, expected="7"), scribble)
    assert confusion(made.wall) == [
        Confusion(meant="1", read="not_a_digit", count=1),
        Confusion(meant="7", read="7", count=2),
    ]


def test_the_matrix_counts_all_numbers_as_one() -> None:
    made = room(
        drew(ONE, 7, expected="42"),
        drew(TWO, 42, expected="42", verdict="number"),
        drew(THREE, 42, expected="4", verdict="number"),
        Corrected(record=ONE, label="17"),
    )
    assert confusion(made.wall) == [
        Confusion(meant="4", read="number", count=1),
        Confusion(meant="number", read="7", count=1),
        Confusion(meant="number", read="number", count=1),
    ]
    assert accuracy(made.wall) == Accuracy(1, 3)


def test_a_task_is_done_by_drawings_that_come_after_it() -> None:
    task = TaskSet(digit="4", reads="9")
    assert room(drew(ONE, 9, expected="4"), task).task_done() == 0
    assert room(task, drew(ONE, 9, expected="4"), drew(TWO, 9, expected="4")).task_done() == 1
    assert room(task, drew(ONE, 9, expected="4"), drew(TWO, 9, "bob", "4")).task_done() == 2
    assert room(task, drew(ONE, 4, expected="4"), drew(TWO, 9, "bob", "9")).task_done() == 0
    assert room(TaskSet(digit="4", reads=None), drew(ONE, 4, expected="4")).task_done() == 1
    assert room(task, TaskSet(digit=None, reads=None)).task is None


def test_pupils_vote_on_ambiguous_drawings_of_others_once() -> None:
    sure, doubtful = drew(ONE, 7, expected="7"), drew(TWO, 7, verdict="unsure")
    made = room(sure, doubtful, drew(THREE, 1, "bob", expected="7"))
    for_bob, for_ada = made.ballot("bob"), made.ballot("ada")
    assert for_bob is not None
    assert for_ada is not None
    assert (for_bob.record, for_ada.record) == (TWO, THREE)
    voted = room(sure, doubtful, Voted(record=TWO, pupil="bob", label="1"), Voted(record=TWO, pupil="bob", label="7"))
    assert voted.drawings[TWO].votes == {"bob": "7"}
    assert voted.ballot("bob") is None


def test_a_pause_has_a_beginning_and_an_end() -> None:
    assert room().paused_at is None
    assert room(Paused(paused=True)).paused_at is not None
    assert room(Paused(paused=True), Paused(paused=False)).paused_at is None


def test_an_ended_room_is_not_open() -> None:
    made = room(Ended(at=5.0, keep=False))
    assert not made.is_open
    assert not made.is_only_ended
    assert Room("K7MXA4").after(entries(Ended(at=5.0, keep=False))).is_only_ended


EVENTS = entries(
    Opened(teacher="t", ends=1.0, keep=False),
    joined("ada", "A"),
    joined("bob", "A"),
    drew(ONE, 7, expected="7"),
    TaskSet(digit="1", reads=None),
    drew(TWO, 1, "bob", "1"),
    Corrected(record=ONE, label="1"),
    Hid(record=TWO, hidden=True),
    Paused(paused=True),
    TaskSet(digit="2", reads=None),
)


@given(st.permutations(EVENTS), st.lists(st.integers(1, 4), min_size=len(EVENTS), max_size=len(EVENTS)))
def test_the_order_in_which_events_become_visible_does_not_matter(order: list[Entry], sizes: list[int]) -> None:
    expected, found = Room("X").after(EVENTS), Room("X")
    for size in sizes:
        found = found.after([*EVENTS[:1], *order[:size]])  # some are read again
        order = order[size:]
    assert found.fingerprint == expected.fingerprint
    assert (found.wall, found.present, found.task, found.paused_at) == (
        expected.wall,
        expected.present,
        expected.task,
        expected.paused_at,
    )


def test_the_fingerprint_differs_if_an_event_is_missing() -> None:
    assert Room("X").after(EVENTS).fingerprint != Room("X").after(EVENTS[:-1]).fingerprint
