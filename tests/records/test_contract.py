"""What every store promises: one suite, on SQLite, on one Cassandra node and on three."""

from __future__ import annotations

import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.records.ids import RecordIds
from backend.records.record import Filter, Record, Store
from tests.records.conftest import opened
from tools.sample_records import Era, drawing, id_at, record

EVERY = Filter()
IN_TIME = 20.0  # seconds: nothing here is about how long a write may take


def add(store: Store, *records: Record) -> None:
    for each in records:
        assert store.add(each, drawing(), None, IN_TIME) == each


def pages(store: Store, limit: int, era: Era, until: datetime, only: Filter = EVERY) -> list[list[Record]]:
    """The pages from `until` back to the era's start."""
    before: uuid.UUID | None = id_at(until, clock=0)
    found = []
    while before is not None and before.time >= id_at(era.start).time:
        page = store.page(limit, before, only)
        found.append([each for each in page.records if each.id.time >= id_at(era.start).time])
        before = page.next
    return found


def ids_between(store: Store, era: Era, until: datetime, only: Filter = EVERY, limit: int = 50) -> list[uuid.UUID]:
    return [each.id for page in pages(store, limit, era, until, only) for each in page]


def counted(store: Store, era: Era) -> dict[str, int]:
    return {each.result: each.count for each in store.counts() if each.day == era.start.date()}


def confused(store: Store) -> dict[tuple[str, str], int]:
    return {(each.meant, each.read): each.count for each in store.confusion()}


def test_what_was_added_is_read_as_it_was(store: Store, era: Era) -> None:
    made = era.record(
        result="not a digit",
        digit=3,
        confidence=0.1 + 0.2,
        probabilities=tuple(1 / (n + 3) for n in range(10)),
        verdict="not_a_digit",
        source="upload",
        file_name="Größe 7 ½ “photo”.PNG",
        expected="3",
        client="192.0.2.7",
    )
    sent = drawing()
    store.add(made, sent, None, IN_TIME)
    assert store.get(made.id) == made
    assert store.drawing(made.id) == sent
    assert store.seen([made.id]) == [sent.seen]


def test_what_was_added_is_readable_by_another_who_asks_next(store: Store, url: str) -> None:
    other = opened(url)
    ids = RecordIds()
    try:
        for _ in range(20):
            made = record(id=ids.new())
            add(store, made)
            assert other.get(made.id) == made
            assert other.page(1, None, EVERY).records == (made,)
    finally:
        other.close()


def test_what_was_not_added_is_not_there(store: Store, era: Era) -> None:
    unknown = era.record().id
    assert store.get(unknown) is None
    assert store.drawing(unknown) is None
    assert store.seen([unknown]) == [b""]
    assert store.correct(unknown, "1") is None
    assert not store.delete(unknown)
    assert not store.was_deleted(unknown)


def test_a_drawing_without_strokes_has_none(store: Store, era: Era) -> None:
    made = era.record()
    store.add(made, drawing(strokes=None), None, IN_TIME)
    found = store.drawing(made.id)
    assert found is not None
    assert found.strokes is None


def test_the_largest_drawing_fits(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing(image=secrets.token_bytes(11_000_000), strokes=b"[" * 1_000_000)
    store.add(made, sent, None, IN_TIME)
    assert store.drawing(made.id) == sent


def test_adding_again_changes_nothing(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing()
    store.add(made, sent, None, IN_TIME)
    store.correct(made.id, "1")
    store.add(made, sent, None, IN_TIME)
    assert store.get(made.id) == msgspec.structs.replace(made, label="1")
    assert ids_between(store, era, era.at(1)) == [made.id]
    assert counted(store, era) == {"7": 1}


def test_two_in_the_same_instant_are_two(store: Store, era: Era) -> None:
    same = [era.record() for _ in range(20)]
    add(store, *same)
    assert sorted(ids_between(store, era, era.at(1))) == sorted(each.id for each in same)
    assert sorted(ids_between(store, era, era.at(1), limit=3)) == sorted(each.id for each in same)


def test_pages_are_newest_first_across_years_without_a_record(store: Store) -> None:
    era, days = Era(days=2002), [0, 0, 0, 1, 1, 40, 41, 400, 2000]
    made = [era.record(days=day, seconds=3 * n) for n, day in enumerate(days)]
    add(store, *made)
    newest_first = [each.id for each in reversed(made)]
    for limit in (1, 2, 4, 9, 50):
        assert ids_between(store, era, era.at(days=2001), limit=limit) == newest_first


def test_a_full_page_says_what_comes_next(store: Store, era: Era) -> None:
    made = [era.record(seconds=n) for n in range(5)]
    add(store, *made)
    page = store.page(2, id_at(era.at(10)), EVERY)
    assert [each.id for each in page.records] == [made[4].id, made[3].id]
    assert page.next == made[3].id


def test_the_last_page_has_no_next(store: Store) -> None:
    first = record(id=id_at(datetime(1700, 1, 1, tzinfo=UTC) - timedelta(seconds=secrets.randbelow(10**9))))
    add(store, first)
    pages_back = store.page(500, id_at(datetime(1701, 1, 1, tzinfo=UTC)), EVERY)
    assert first in pages_back.records
    assert pages_back.next is None


@given(
    seconds=st.lists(st.integers(0, 3 * 24 * 3600), min_size=1, max_size=40),
    limit=st.integers(1, 45),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_any_size_have_every_record_once(store: Store, seconds: list[int], limit: int) -> None:
    era = Era()
    made = [era.record(seconds=each) for each in seconds]
    add(store, *made)
    found = ids_between(store, era, era.at(days=4), limit=limit)
    assert sorted(found) == sorted(each.id for each in made)
    assert [each.time for each in found] == sorted((each.time for each in found), reverse=True)


def test_filters_let_through_what_they_say(store: Store, era: Era) -> None:
    plain = era.record(seconds=1)
    doubtful = era.record(seconds=2, verdict="unsure", result="2", digit=2)
    uploaded = era.record(seconds=3, source="upload")
    corrected = era.record(seconds=4)
    taken_back = era.record(seconds=5)
    next_day = era.record(days=1)
    add(store, plain, doubtful, uploaded, corrected, taken_back, next_day)
    store.correct(corrected.id, "1")
    store.correct(taken_back.id, "1")
    store.correct(taken_back.id, None)

    def found(**only: object) -> set[uuid.UUID]:
        return set(ids_between(store, era, era.at(days=1, seconds=10), msgspec.convert(only, Filter)))

    assert found(result="2") == {doubtful.id}
    assert found(verdict="unsure") == {doubtful.id}
    assert found(source="upload") == {uploaded.id}
    assert found(corrected=True) == {corrected.id}
    assert found(corrected=False, result="7", source="canvas", day=era.start.date()) == {plain.id, taken_back.id}
    assert found(day=era.at(days=1).date()) == {next_day.id}
    assert found(day=era.at(days=2).date()) == set()


def test_a_page_with_a_filter_looks_at_a_bounded_number_and_goes_on(
    store: Store, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.records.sqlite.store.LOOK_AT", 40)
    monkeypatch.setattr("backend.records.cassandra.store.LOOK_AT", 40)
    rare = era.record(source="upload")
    add(store, rare, *(era.record(seconds=1 + n / 10) for n in range(100)))
    found = pages(store, 5, era, era.at(60), Filter(source="upload"))
    assert found[:2] == [[], []]
    assert found[2] == [rare]


def test_a_correction_stands_beside_the_prediction(store: Store, era: Era) -> None:
    made = era.record(expected="1")
    add(store, made)
    assert store.correct(made.id, "4") == msgspec.structs.replace(made, label="4")
    assert store.correct(made.id, "not_a_digit") == msgspec.structs.replace(made, label="not_a_digit")
    assert store.get(made.id) == msgspec.structs.replace(made, label="not_a_digit")
    assert pages(store, 5, era, era.at(1))[0] == [msgspec.structs.replace(made, label="not_a_digit")]
    assert store.correct(made.id, None) == made
    assert store.get(made.id) == made


def test_a_record_may_be_corrected_very_often(store: Store, era: Era) -> None:
    often, older = era.record(seconds=1), era.record()
    add(store, older, often)
    for n in range(30):
        store.correct(often.id, str(n % 10))
    assert ids_between(store, era, era.at(2), limit=1) == [often.id, older.id]
    assert pages(store, 1, era, era.at(2))[0][0].label == "9"


def test_what_was_deleted_is_gone(store: Store, era: Era) -> None:
    kept, gone = era.record(), era.record(seconds=1, result="3", digit=3)
    sent = drawing()
    add(store, kept)
    store.add(gone, sent, None, IN_TIME)
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


def test_a_late_copy_does_not_bring_back_what_was_deleted(store: Store, era: Era) -> None:
    made, sent = era.record(), drawing()
    store.add(made, sent, None, IN_TIME)
    store.delete(made.id)
    store.add(made, sent, None, IN_TIME)
    assert store.get(made.id) is None
    assert store.drawing(made.id) is None
    assert ids_between(store, era, era.at(1)) == []


def test_the_same_key_gives_the_same_record(store: Store, era: Era) -> None:
    key = secrets.token_hex(16)
    first, retry, other = era.record(expected="1"), era.record(seconds=1), era.record(seconds=2)
    assert store.add(first, drawing(), key, IN_TIME) == first
    assert store.add(retry, drawing(), key, IN_TIME) == first
    assert store.add(first, drawing(), key, IN_TIME) == first
    assert store.add(other, drawing(), secrets.token_hex(16), IN_TIME) == other
    assert set(ids_between(store, era, era.at(3))) == {first.id, other.id}
    assert store.drawing(retry.id) is None


def test_an_alias_leads_to_a_record_and_is_none_itself(store: Store, era: Era) -> None:
    made, other = era.record(), era.record(seconds=1)
    add(store, made)
    store.add_alias(other.id, made.id, IN_TIME)
    store.add_alias(other.id, made.id, IN_TIME)
    assert store.same_as(other.id) == made.id
    assert store.same_as(made.id) is None
    assert store.get(other.id) is None
    assert ids_between(store, era, era.at(2)) == [made.id]


def test_of_many_with_the_same_key_at_once_one_is_written(store: Store, era: Era) -> None:
    key = secrets.token_hex(16)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda n: store.add(era.record(seconds=n), drawing(), key, IN_TIME).id, range(8)))
    assert len(set(taken)) == 1
    assert ids_between(store, era, era.at(10)) == taken[:1]


def test_a_retry_after_a_deletion_brings_nothing_back(store: Store, era: Era) -> None:
    key = secrets.token_hex(16)
    first = era.record()
    store.add(first, drawing(), key, IN_TIME)
    store.delete(first.id)
    assert store.add(era.record(seconds=1), drawing(), key, IN_TIME).id == first.id
    assert store.get(first.id) is None
    assert ids_between(store, era, era.at(3)) == []


def test_counts_are_by_day_and_result(store: Store, era: Era) -> None:
    add(store, era.record(), era.record(seconds=70), era.record(seconds=5, result="2", digit=2))
    assert counted(store, era) == {"7": 2, "2": 1}
    late = era.record(seconds=30)
    add(store, late)
    assert counted(store, era) == {"7": 3, "2": 1}
    store.delete(late.id)
    assert counted(store, era) == {"7": 2, "2": 1}


def test_counts_of_today_have_the_latest_record(store: Store) -> None:
    today = datetime.now(UTC).date()
    before = sum(each.count for each in store.counts() if each.day == today)
    add(store, record(id=RecordIds().new()))
    assert sum(each.count for each in store.counts() if each.day >= today) == before + 1


def test_confusion_is_meant_against_read(store: Store, era: Era) -> None:
    before = confused(store)

    def since() -> dict[tuple[str, str], int]:
        now = confused(store)
        return {each: now[each] - before.get(each, 0) for each in now if now[each] != before.get(each, 0)}

    unlabelled = era.record()
    expected = era.record(seconds=1, expected="1")
    scribble = era.record(seconds=2, verdict="not_a_digit", result="not a digit")
    add(store, unlabelled, expected, scribble)
    assert since() == {("1", "7"): 1}
    store.correct(scribble.id, "4")
    store.correct(expected.id, "7")
    assert since() == {("7", "7"): 1, ("4", "not_a_digit"): 1}
    store.correct(expected.id, None)
    assert since() == {("1", "7"): 1, ("4", "not_a_digit"): 1}
    store.delete(expected.id)
    store.delete(scribble.id)
    assert since() == {}


@pytest.mark.parametrize("threads", [16])
def test_many_threads_lose_nothing(store: Store, era: Era, threads: int) -> None:
    made = [era.record(seconds=n / 10) for n in range(400)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda each: store.add(each, drawing(), None, IN_TIME), made))
    assert ids_between(store, era, era.at(60)) == [each.id for each in reversed(made)]
    assert counted(store, era) == {"7": 400}
