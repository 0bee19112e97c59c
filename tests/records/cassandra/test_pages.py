"""A page queries a bounded number of partitions, however many records there are and however old they are."""

from __future__ import annotations

from datetime import timedelta

from backend.records.record import Filter, Record
from tools.sample_records import Era, drawing, id_at, record
from tools.stores import count_partitions, opened_cassandra


def test_a_page_after_months_without_records_queries_a_handful_of_partitions(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    for day in (0, 400):
        for second in range(30):
            made = record(id=id_at(era.at(second, days=day), clock=7))
            store.insert(made, drawing(), 20)
    with count_partitions(store) as queried:
        page = store.page(50, None, Filter())
    assert len(page.records) == 50
    assert queried == {"days": 1, "minutes": 2, "newest": 2}
    store.close()


def test_a_page_of_one_record_per_month_queries_two_partitions_each(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    made = [era.record(days=30 * number) for number in range(80)]
    for each in made:
        store.insert(each, drawing(), 20)
    with count_partitions(store) as queried:
        page = store.page(50, None, Filter())
    assert [each.id for each in page.records] == [each.id for each in made[:29:-1]]
    ahead = 16  # that it queries before it knows that they are not needed
    assert queried["days"] == 1
    assert 51 <= queried["newest"] <= 51 + ahead
    assert 51 <= queried["minutes"] <= 51 + ahead
    store.close()


def test_the_shards_of_a_minute_are_listed_together(url: str, era: Era) -> None:
    store = opened_cassandra(url)
    made = [record(id=id_at(era.start + timedelta(milliseconds=number), clock=number % 3)) for number in range(240)]
    for each in made:
        store.insert(each, drawing(), 20)
    listed: list[Record] = []
    before = None
    while True:  # each shard has more than a page
        page = store.page(50, before, Filter())
        listed += page.records
        if (before := page.next) is None:
            break
    assert [each.id for each in listed] == [each.id for each in reversed(made)]
    store.close()
