"""Rooms in a store: shared by processes, surviving a restart, ending by themselves.

They run with SQLite; the contract suite of the stores covers Cassandra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.records import open_recorder
from backend.records.ids import new_key
from backend.records.record import Filter, Record
from backend.records.recorder import Recorder
from backend.records.room_events import Ended, Hid, Paused
from backend.rooms.rooms import REMEMBER, SETTLE, Rooms
from backend.settings import Settings
from tools.sample_records import drawing, new_id, record

HOUR = 3600.0


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_process(tmp_path: Path) -> Iterator[Callable[[], Recorder]]:
    recorders: list[Recorder] = []

    def open_process() -> Recorder:
        recorders.append(open_recorder(Settings(instance=tmp_path, record_budget_ms=10_000)))
        return recorders[-1]

    yield open_process
    for recorder in recorders:
        recorder.close()


@pytest.fixture
def recorder(open_process: Callable[[], Recorder]) -> Recorder:
    return open_process()


@pytest.fixture
def rooms(recorder: Recorder, clock: Clock) -> Rooms:
    return Rooms(recorder, clock)


def draw_in(recorder: Recorder, room: str, pupil: str = "p") -> Record:
    made = record(id=new_id(), room=room, pupil=pupil)
    assert recorder.record(made, drawing()) == "stored"
    return made


def stored(recorder: Recorder) -> list[Record]:
    return list(recorder.export(Filter()))


def test_a_room_is_there_for_every_process_and_after_a_restart(
    open_process: Callable[[], Recorder], rooms: Rooms, clock: Clock
) -> None:
    room, token = rooms.open(12, keep=False)
    other = Rooms(open_process(), clock)
    joined = other.join(room.code, "Ada", new_key())
    assert joined is not None
    made = draw_in(open_process(), room.code)
    for each in (rooms, other, Rooms(open_process(), clock)):
        found = each.get(room.code, fresh=True)
        assert found.is_teacher(token)
        assert found.ends == clock.now + 12 * HOUR
        assert [pupil.nickname for pupil in found.present] == ["Ada"]
        assert [drawing.record for drawing in found.wall] == [made.id]


def test_a_pupil_without_a_nickname_gets_one(rooms: Rooms) -> None:
    room, _ = rooms.open(1, keep=False)
    names = {joined[0].nickname for _ in range(30) if (joined := rooms.join(room.code, "", new_key()))}
    assert len(names) == 30


def test_a_room_has_a_limited_number_of_pupils(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.rooms.rooms.MOST_PUPILS", 2)
    room, _ = rooms.open(1, keep=False)
    assert rooms.join(room.code, "a", new_key())
    assert rooms.join(room.code, "b", new_key())
    assert rooms.join(room.code, "c", new_key()) is None


def test_unknown_codes_are_not_remembered(rooms: Rooms) -> None:
    assert not rooms.get("K7MXA4").is_open
    room, _ = rooms.open(1, keep=False)
    assert rooms.get(room.code).is_open


def test_a_room_ends_by_itself(rooms: Rooms, clock: Clock) -> None:
    room, _ = rooms.open(2, keep=False)
    clock.now += 2 * HOUR - 1
    assert rooms.get(room.code).is_open
    clock.now += 1
    assert not rooms.get(room.code).is_open


@pytest.mark.parametrize("by_teacher", [True, False])
def test_the_drawings_of_an_ended_room_are_deleted(
    rooms: Rooms, recorder: Recorder, clock: Clock, by_teacher: bool
) -> None:
    room, _ = rooms.open(2, keep=False)
    rooms.join(room.code, "Ada Lovelace", new_key())
    made, elsewhere = draw_in(recorder, room.code), record(id=new_id())
    recorder.record(elsewhere, drawing())
    if by_teacher:
        rooms.add(room.code, Ended(at=clock.now, keep=False))
    else:
        clock.now += 2 * HOUR
    rooms.sweep()
    assert recorder.get(made.id) is not None  # predictions on their way may still arrive
    clock.now += SETTLE
    rooms.sweep()
    assert recorder.drawing(made.id) is None
    assert stored(recorder) == [elsewhere]
    assert "Lovelace" not in str(recorder.store.events(room.code, None))
    assert not rooms.get(room.code).is_open


def test_the_drawings_of_a_room_that_keeps_them_stay_without_nicknames(
    rooms: Rooms, recorder: Recorder, clock: Clock
) -> None:
    room, _ = rooms.open(2, keep=True)
    rooms.join(room.code, "Ada Lovelace", new_key())
    made = draw_in(recorder, room.code)
    clock.now += 2 * HOUR + SETTLE
    rooms.sweep()
    assert stored(recorder) == [made]
    assert recorder.drawing(made.id) is not None
    assert "Lovelace" not in str(recorder.store.events(room.code, None))


def test_a_drawing_that_an_outbox_delivers_after_the_end_is_deleted_too(
    rooms: Rooms, recorder: Recorder, clock: Clock
) -> None:
    room, _ = rooms.open(1, keep=False)
    clock.now += HOUR + SETTLE
    rooms.sweep()
    late = draw_in(recorder, room.code)
    rooms.sweep()
    assert recorder.get(late.id) is None
    clock.now += REMEMBER
    rooms.sweep()
    assert recorder.store.rooms() == []


def test_two_processes_may_clear_a_room_at_once(
    open_process: Callable[[], Recorder], rooms: Rooms, recorder: Recorder, clock: Clock
) -> None:
    room, _ = rooms.open(1, keep=False)
    made = draw_in(recorder, room.code)
    other = Rooms(open_process(), clock)
    other.get(room.code, fresh=True)
    clock.now += HOUR + SETTLE
    rooms.sweep()
    other.sweep()
    rooms.sweep()
    assert recorder.get(made.id) is None
    assert all(isinstance(event, Ended) for _, event in recorder.store.events(room.code, None))


def test_an_open_room_is_not_cleared(rooms: Rooms, recorder: Recorder, clock: Clock) -> None:
    room, _ = rooms.open(1, keep=False)
    made = draw_in(recorder, room.code)
    clock.now += HOUR - 1
    rooms.sweep()
    assert recorder.get(made.id) == made
    assert rooms.get(room.code).wall


def test_the_records_of_a_room_without_any_settings_are_kept(rooms: Rooms, recorder: Recorder) -> None:
    made = draw_in(recorder, "K7MXA4")
    rooms.sweep()
    assert recorder.get(made.id) == made


def test_changes_of_another_process_are_seen_soon(
    open_process: Callable[[], Recorder], rooms: Rooms, clock: Clock, recorder: Recorder
) -> None:
    room, _ = rooms.open(1, keep=False)
    made = draw_in(recorder, room.code)
    other = Rooms(open_process(), clock)
    other.add(room.code, Hid(record=made.id, hidden=True))
    other.add(room.code, Paused(paused=True))
    found = rooms.get(room.code, fresh=True)
    assert found.wall == []
    assert found.paused_at is not None


def test_who_joins_again_with_the_same_key_stays_the_same_pupil(
    open_process: Callable[[], Recorder], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.rooms.rooms.MOST_PUPILS", 1)
    rooms, others, key = Rooms(open_process(), clock), Rooms(open_process(), clock), new_key()
    room, _ = rooms.open(1, keep=False)
    joined = rooms.join(room.code, "", key)
    assert joined is not None
    assert others.join(room.code, "Ada", key) == joined  # also on another host, in a room that is full by now
    assert list(rooms.get(room.code, fresh=True).pupils) == [joined[0].id]
    another, _ = rooms.open(1, keep=False)
    elsewhere = rooms.join(another.code, "", key)
    assert elsewhere is not None
    assert (elsewhere[0].id, elsewhere[1]) != (joined[0].id, joined[1])
