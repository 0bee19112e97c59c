"""The description of `Store`, tested with SQLite, one Cassandra node and three nodes."""

from __future__ import annotations

import itertools
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.records.owner import owner_of
from backend.records.record import Filter, NumberDigit, Record
from backend.records.room_events import AnyEvent, Corrected, Deleted, Drew, Joined, Opened, Paused, TaskSet
from backend.records.store import Store
from tools.sample_records import Era, drawing, id_at, new_id, record
from tools.stores import opened

EVERYTHING = Filter()
TIMEOUT = 20.0  # seconds; these tests are not about the time of a write


def insert(store: Store, *records: Record) -> None:
    for each in records:
        store.insert(each, drawing(), TIMEOUT)


def pages(store: Store, limit: int, era: Era, until: datetime, only: Filter = EVERYTHING) -> list[list[Record]]:
    """All pages from `until` back to the start of the era."""
    before: uuid.UUID | None = id_at(until, clock=0)
    found = []
    while before is not None and before.time >= id_at(era.start).time:
        page = store.page(limit, before, only)
        found.append([each for each in page.records if each.id.time >= id_at(era.start).time])
        before = page.next
    return found


def ids_between(store: Store, era: Era, until: datetime, only: Filter = EVERYTHING, limit: int = 50) -> list[uuid.UUID]:
    return [each.id for page in pages(store, limit, era, until, only) for each in page]


NUMBER: dict[str, Any] = {
    "result": "42",
    "digit": None,
    "verdict": "number",
    "digits": tuple(
        NumberDigit(
            digit=digit, confidence=0.1 + 0.2, box=(0.1, 0.2, 1 / 3, 0.4), probabilities=(0.1,) * 10, verdict="digit"
        )
        for digit in (4, 2)
    ),
}


def counted(store: Store, era: Era) -> dict[str, int]:
    return {each.result: each.count for each in store.counts().days if each.day == era.start.date()}


def confusion(store: Store) -> dict[tuple[str, str], int]:
    return {(each.meant, each.read): each.count for each in store.counts().confusion}


def test_a_record_is_read_as_it_was_inserted(store: Store, era: Era) -> None:
    made = era.record(
        result="not a digit",
        digit=3,
        confidence=0.1 + 0.2,
        probabilities=tuple(1 / (n + 3) for n in range(10)),
        verdict="not_a_digit",
        source="upload",
        file_name="Größe 7 ½ “photo”.PNG",
        expected="3",
        pen_widths=(22.0, 0.1 + 0.2),
        client="192.0.2.7",
        owner=owner_of("secret"),
    )
    sent = drawing()
    store.insert(made, sent, TIMEOUT)
    assert store.get(made.id) == made
    assert store.drawing(made.id) == sent
    assert store.seen([made.id]) == [sent.seen]


def test_a_number_is_read_as_it_was_inserted(store: Store, era: Era) -> None:
    made = era.record(**NUMBER)
    store.insert(made, drawing(), TIMEOUT)
    assert store.get(made.id) == made


def test_numbers_are_counted_and_found_together(store: Store, era: Era) -> None:
    before = confusion(store).get(("number", "number"), 0)
    made = [era.record(seconds=k, **{**NUMBER, "result": result}) for k, result in enumerate(("42", "43", "-1"))]
    insert(store, *made, era.record(seconds=3))
    store.correct(made[0].id, "45")
    assert counted(store, era) == {"number": 3, "7": 1}
    assert confusion(store)["number", "number"] == before + 1

    def found(**only: object) -> list[uuid.UUID]:
        return sorted(ids_between(store, era, era.at(days=1), msgspec.convert(only, Filter)))

    assert found(result="number") == sorted(each.id for each in made)
    assert found(result="43") == [made[1].id]
    assert found(label="number") == found(label="45") == [made[0].id]


def test_an_inserted_record_is_visible_to_other_processes_at_once(store: Store, url: str) -> None:
    other = opened(url)
    try:
        for _ in range(20):
            made = record(id=new_id())
            insert(store, made)
            assert other.get(made.id) == made
            assert made in other.page(30, None, EVERYTHING).records
    finally:
        other.close()


def test_an_unknown_id_has_no_record(store: Store, era: Era) -> None:
    unknown = era.record().id
    assert store.get(unknown) is None
    assert store.drawing(unknown) is None
    assert store.seen([unknown]) == [b""]
    assert store.correct(unknown, "1") is None
    assert not store.delete(unknown)
    assert not store.was_deleted(unknown)


def test_a_drawing_without_strokes_has_none(store: Store, era: Era) -> None:
    made = era.record()
    store.insert(made, drawing(strokes=None), TIMEOUT)
    found = store.drawing(made.id)
    assert found is not None
    assert found.strokes is None


def test_a_record_without_a_drawing_is_like_any_other(store: Store, era: Era) -> None:
    made = era.record()
    for _ in range(2):
        store.insert(made, None, TIMEOUT)
    assert (store.get(made.id), store.drawing(made.id), store.seen([made.id])) == (made, None, [b""])
    assert ids_between(store, era, era.at(1)) == [made.id]
    assert counted(store, era) == {"7": 1}
    assert store.correct(made.id, "1") == msgspec.structs.replace(made, label="1")
    assert store.delete(made.id)
    assert store.get(made.id) is None


def test_the_largest_drawing_fits(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing(image=secrets.token_bytes(11_000_000), strokes=b"[" * 1_000_000)
    store.insert(made, sent, TIMEOUT)
    assert store.drawing(made.id) == sent


def test_inserting_again_changes_nothing(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing()
    store.insert(made, sent, TIMEOUT)
    store.correct(made.id, "1")
    store.insert(made, sent, TIMEOUT)
    assert store.get(made.id) == msgspec.structs.replace(made, label="1")
    assert ids_between(store, era, era.at(1)) == [made.id]
    assert counted(store, era) == {"7": 1}


def test_records_of_the_same_instant_are_kept_apart(store: Store, era: Era) -> None:
    same = [era.record() for _ in range(20)]
    insert(store, *same)
    assert sorted(ids_between(store, era, era.at(1))) == sorted(each.id for each in same)
    assert sorted(ids_between(store, era, era.at(1), limit=3)) == sorted(each.id for each in same)


def test_pages_are_newest_first_across_years_without_records(store: Store) -> None:
    era, days = Era(days=2002), [0, 0, 0, 1, 1, 40, 41, 400, 2000]
    made = [era.record(days=day, seconds=3 * n) for n, day in enumerate(days)]
    insert(store, *made)
    newest_first = [each.id for each in reversed(made)]
    for limit in (1, 2, 4, 9, 50):
        assert ids_between(store, era, era.at(days=2001), limit=limit) == newest_first


def test_a_full_page_has_a_next(store: Store, era: Era) -> None:
    made = [era.record(seconds=n) for n in range(5)]
    insert(store, *made)
    page = store.page(2, id_at(era.at(10)), EVERYTHING)
    assert [each.id for each in page.records] == [made[4].id, made[3].id]
    assert page.next == made[3].id


def test_the_last_page_has_no_next(store: Store) -> None:
    first = record(id=id_at(datetime(1700, 1, 1, tzinfo=UTC) - timedelta(seconds=secrets.randbelow(10**9))))
    insert(store, first)
    pages_back = store.page(500, id_at(datetime(1701, 1, 1, tzinfo=UTC)), EVERYTHING)
    assert first in pages_back.records
    assert pages_back.next is None


@given(
    seconds=st.lists(st.integers(0, 3 * 24 * 3600), min_size=1, max_size=40),
    limit=st.integers(1, 45),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_any_size_contain_every_record_once(store: Store, seconds: list[int], limit: int) -> None:
    era = Era()
    made = [era.record(seconds=each) for each in seconds]
    insert(store, *made)
    found = ids_between(store, era, era.at(days=4), limit=limit)
    assert sorted(found) == sorted(each.id for each in made)
    assert [each.time for each in found] == sorted((each.time for each in found), reverse=True)


def test_filters_select_matching_records(store: Store, era: Era) -> None:
    plain = era.record(seconds=1)
    doubtful = era.record(seconds=2, verdict="unsure", result="2", digit=2)
    uploaded = era.record(seconds=3, source="upload")
    corrected = era.record(seconds=4)
    taken_back = era.record(seconds=5)
    next_day = era.record(days=1)
    expected = era.record(seconds=6, expected="9")
    relabeled = era.record(seconds=7, expected="9")
    insert(store, plain, doubtful, uploaded, corrected, taken_back, next_day, expected, relabeled)
    store.correct(corrected.id, "1")
    store.correct(taken_back.id, "1")
    store.correct(taken_back.id, None)
    store.correct(relabeled.id, "not_a_digit")

    def found(**only: object) -> set[uuid.UUID]:
        return set(ids_between(store, era, era.at(days=1, seconds=10), msgspec.convert(only, Filter)))

    assert found(result="2") == {doubtful.id}
    assert found(verdict="unsure") == {doubtful.id}
    assert found(source="upload") == {uploaded.id}
    assert found(label="1") == {corrected.id}
    assert found(label="9") == {expected.id}
    assert found(label="not_a_digit", result="7") == {relabeled.id}
    assert found(label="not_a_digit", result="2") == set()
    assert found(corrected=True) == {corrected.id, relabeled.id}
    uncorrected = {plain.id, taken_back.id, expected.id}
    assert found(corrected=False, result="7", source="canvas", day=era.start.date()) == uncorrected
    assert found(day=era.at(days=1).date()) == {next_day.id}
    assert found(day=era.at(days=2).date()) == set()


def test_a_page_with_a_filter_scans_a_bounded_number_of_records(
    store: Store, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.records.sqlite.store.SCAN_LIMIT", 40)
    monkeypatch.setattr("backend.records.cassandra.store.SCAN_LIMIT", 40)
    rare = era.record(source="upload")
    insert(store, rare, *(era.record(seconds=1 + n / 10) for n in range(100)))
    found = pages(store, 5, era, era.at(60), Filter(source="upload"))
    assert found[:2] == [[], []]
    assert found[2] == [rare]


def test_a_correction_does_not_change_the_prediction(store: Store, era: Era) -> None:
    made = era.record(expected="1")
    insert(store, made)
    assert store.correct(made.id, "4") == msgspec.structs.replace(made, label="4")
    assert store.correct(made.id, "not_a_digit") == msgspec.structs.replace(made, label="not_a_digit")
    assert store.get(made.id) == msgspec.structs.replace(made, label="not_a_digit")
    assert pages(store, 5, era, era.at(1))[0] == [msgspec.structs.replace(made, label="not_a_digit")]
    assert store.correct(made.id, None) == made
    assert store.get(made.id) == made


def test_a_record_can_be_corrected_many_times(store: Store, era: Era) -> None:
    often, older = era.record(seconds=1), era.record()
    insert(store, older, often)
    for n in range(30):
        store.correct(often.id, str(n % 10))
    assert ids_between(store, era, era.at(2), limit=1) == [often.id, older.id]
    assert pages(store, 1, era, era.at(2))[0][0].label == "9"


def test_a_deleted_record_is_gone(store: Store, era: Era) -> None:
    kept, gone = era.record(), era.record(seconds=1, result="3", digit=3)
    sent = drawing()
    insert(store, kept)
    store.insert(gone, sent, TIMEOUT)
    store.correct(gone.id, "5")
    assert store.delete(gone.id)
    assert not store.delete(gone.id)
    assert store.get(gone.id) is None
    assert store.drawing(gone.id) is None
    assert store.seen([gone.id, kept.id])[0] == b""
    assert store.was_deleted(gone.id)
    assert not store.was_deleted(kept.id)
    assert store.correct(gone.id, "1") is None
    assert ids_between(store, era, era.at(2)) == [kept.id]
    assert counted(store, era) == {"7": 1}


def test_inserting_again_does_not_restore_a_deleted_record(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing()
    store.insert(made, sent, TIMEOUT)
    store.delete(made.id)
    store.insert(made, sent, TIMEOUT)
    assert store.get(made.id) is None
    assert store.drawing(made.id) is None
    assert ids_between(store, era, era.at(1)) == []


def test_concurrent_inserts_of_the_same_record_make_one(store: Store, url: str, era: Era) -> None:
    made, sent, other = era.record(expected="1"), drawing(), opened(url)
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda n: (store, other)[n % 2].insert(made, sent, TIMEOUT), range(8)):
            pass
    other.close()
    assert pages(store, 5, era, era.at(1))[0] == [made]
    assert counted(store, era) == {"7": 1}


def test_of_two_readings_of_the_same_request_one_is_kept_as_a_whole(store: Store, era: Era) -> None:
    for seconds in range(10):
        one = era.record(seconds)
        two = record(id=one.id, result="1", digit=1, confidence=0.5, model_version="another", verdict="unsure")
        insert(store, one, two, one)
        assert store.get(one.id) in (one, two)


def test_counts_are_by_day_and_result(store: Store, era: Era) -> None:
    insert(store, era.record(), era.record(seconds=70), era.record(seconds=5, result="2", digit=2))
    assert counted(store, era) == {"7": 2, "2": 1}
    late = era.record(seconds=30)
    insert(store, late)
    assert counted(store, era) == {"7": 3, "2": 1}
    store.delete(late.id)
    assert counted(store, era) == {"7": 2, "2": 1}


def test_counts_of_today_include_the_latest_record(store: Store) -> None:
    today = datetime.now(UTC).date()
    before = sum(each.count for each in store.counts().days if each.day == today)
    insert(store, record(id=new_id()))
    assert sum(each.count for each in store.counts().days if each.day >= today) == before + 1


def test_confusion_counts_what_was_meant_and_read(store: Store, era: Era) -> None:
    before = confusion(store)

    def since() -> dict[tuple[str, str], int]:
        now = confusion(store)
        return {each: now[each] - before.get(each, 0) for each in now if now[each] != before.get(each, 0)}

    unlabeled = era.record()
    expected = era.record(seconds=1, expected="1")
    scribble = era.record(seconds=2, verdict="not_a_digit", result="not a digit")
    insert(store, unlabeled, expected, scribble)
    assert since() == {("1", "7"): 1}
    store.correct(scribble.id, "4")
    store.correct(expected.id, "7")
    assert since() == {("7", "7"): 1, ("4", "not_a_digit"): 1}
    store.correct(expected.id, None)
    assert since() == {("1", "7"): 1, ("4", "not_a_digit"): 1}
    store.delete(expected.id)
    store.delete(scribble.id)
    assert since() == {}


def test_concurrent_inserts_are_all_kept(store: Store, era: Era) -> None:
    made = [era.record(seconds=n / 10) for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda each: store.insert(each, drawing(), TIMEOUT), made))
    assert ids_between(store, era, era.at(60)) == [each.id for each in reversed(made)]
    assert counted(store, era) == {"7": 400}


def events(store: Store, room: str, after: uuid.UUID | None = None) -> list[AnyEvent]:
    return [event for _, event in store.events(room, after)]


def new_room() -> str:
    return secrets.token_hex(4)


def test_of_many_who_ask_for_the_same_drawings_each_gets_others(store: Store, url: str, era: Era) -> None:
    ids, other = [era.record(seconds=n).id for n in range(12)], opened(url)

    def ask(number: int) -> list[uuid.UUID]:
        end = time.monotonic() + 60
        while not (leased := (store, other)[number % 2].lease(ids, f"annotator {number}", 600, 2)):
            assert time.monotonic() < end
        return leased

    with closing(other), ThreadPoolExecutor(4) as threads:
        got = list(threads.map(ask, range(4)))
    everything = list(itertools.chain(*got))
    assert len(everything) == len(set(everything))
    renewed: set[uuid.UUID] = set()
    end = time.monotonic() + 60
    while not set(got[0]) <= renewed:
        renewed |= set(store.lease(got[0], "annotator 0", 600, 12))
        assert time.monotonic() < end
    store.release(got[1][0], "late")
    assert not set(everything) & set(store.lease(ids, "late", 600, 12))
    store.release(got[1][0], "annotator 1")
    assert set(everything) & set(store.lease(ids, "late", 600, 12)) == {got[1][0]}


def test_a_lease_expires(store: Store, era: Era) -> None:
    record_id, end = era.record().id, time.monotonic() + 30
    assert store.lease([record_id], "one", 1, 1) == [record_id]
    while store.lease([record_id], "two", 60, 1) == []:
        assert time.monotonic() < end
    assert store.lease([record_id], "one", 60, 1) == []


OPENED = Opened(teacher="digest", ends=1.5, keep=True)


def test_a_room_has_its_events_in_order_and_no_others(store: Store) -> None:
    room, other = new_room(), new_room()
    assert events(store, room) == []
    added: list[AnyEvent] = [OPENED, Joined(pupil="p", nickname="Zoë 7", token="digest"), Paused(paused=True)]
    for event in added:
        store.add_event(room, event)
    store.add_event(other, OPENED)
    assert events(store, room) == added
    assert {room, other} <= set(store.rooms())


def test_events_after_another_include_all_that_are_new(store: Store) -> None:
    room = new_room()
    for n in range(10):
        store.add_event(room, TaskSet(digit=str(n), reads=None))
    entries = store.events(room, None)
    assert [event_id.time for event_id, _ in entries] == sorted(event_id.time for event_id, _ in entries)
    assert set(entries[5:]) <= set(store.events(room, entries[4][0]))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: store.add_event(room, Paused(paused=n % 2 == 0)), range(20)))
    new = {event_id for event_id, _ in store.events(room, entries[-1][0])} - {event_id for event_id, _ in entries}
    assert len(new) == 20


def test_forgotten_events_are_gone_and_later_ones_stay(store: Store) -> None:
    room = new_room()
    for paused in (True, False, True):
        store.add_event(room, Paused(paused=paused))
    entries = store.events(room, None)
    store.forget_events(room, entries[1][0])
    assert store.events(room, None) == entries[2:]
    store.forget_events(room, entries[2][0])
    assert store.events(room, None) == []
    assert room not in store.rooms()
    store.add_event(room, OPENED)
    assert events(store, room) == [OPENED]


def test_a_record_with_a_room_is_an_event_of_it_and_so_are_its_changes(store: Store, era: Era) -> None:
    room = new_room()
    made = era.record(room=room, pupil="p", expected="1")
    insert(store, made, era.record(seconds=1))
    found = store.get(made.id)
    assert found is not None
    assert (found.room, found.pupil) == (room, "p")
    store.correct(made.id, "4")
    store.delete(made.id)
    drawn, corrected, deleted = events(store, room)
    assert isinstance(drawn, Drew)
    assert (drawn.record, drawn.pupil, drawn.read, drawn.expected) == (made.id, "p", "7", "1")
    assert (corrected, deleted) == (Corrected(record=made.id, label="4"), Deleted(record=made.id))


def test_a_room_of_many_drawings_is_read_completely(store: Store) -> None:
    room, count = new_room(), 150
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(lambda _: store.insert(record(id=new_id(), room=room, pupil="p"), None, TIMEOUT), range(count))
        )
    assert len({event.record for event in events(store, room) if isinstance(event, Drew)}) == count
