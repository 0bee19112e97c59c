"""A page asks for a bounded number of partitions, however many records there are and however old they are."""

from __future__ import annotations

from datetime import timedelta

from backend.records.cassandra.store import CassandraStore
from backend.records.record import Filter, Record
from tests.records.cassandra.asked import partitions_asked
from tests.records.conftest import opened
from tools.sample_records import Era, drawing, id_at, record


def opened_cassandra(url: str) -> CassandraStore:
    store = opened(url)
    assert isinstance(store, CassandraStore)
    return store


def test_after_months_without_a_record_a_page_asks_for_a_handful_of_partitions(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    for day in (0, 400):
        for second in range(30):
            made = record(id=id_at(era.at(second, days=day), clock=7))
            store.add(made, drawing(), None, 20)
    with partitions_asked(store) as asked:
        page = store.page(50, None, Filter())
    assert len(page.records) == 50
    assert asked == {"days": 1, "minutes": 2, "newest": 2}
    store.close()


def test_a_record_a_month_is_found_with_two_partitions_each(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    made = [era.record(days=30 * number) for number in range(80)]
    for each in made:
        store.add(each, drawing(), None, 20)
    with partitions_asked(store) as asked:
        page = store.page(50, None, Filter())
    assert [each.id for each in page.records] == [each.id for each in made[:29:-1]]
    ahead = 16  # that it asks for before it knows that they are not needed
    assert asked["days"] == 1
    assert 51 <= asked["newest"] <= 51 + ahead
    assert 51 <= asked["minutes"] <= 51 + ahead
    store.close()


def test_the_shards_of_a_minute_are_one_list(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    made = [record(id=id_at(era.start + timedelta(milliseconds=number), clock=number % 3)) for number in range(240)]
    for each in made:
        store.add(each, drawing(), None, 20)
    listed: list[Record] = []
    before = None
    while True:  # each shard has more than a page
        page = store.page(50, before, Filter())
        listed += page.records
        if (before := page.next) is None:
            break
    assert [each.id for each in listed] == [each.id for each in reversed(made)]
    store.close()
