"""The checker that all of these runs rely on."""

from __future__ import annotations

from tools.failure.checker import History, check


def record(record_id: str, key: str, label: str | None = None) -> dict[str, str | None]:
    return {"id": record_id, "file_name": key, "label": label}


def test_the_checker_sees_what_is_lost_doubled_or_back() -> None:
    history = History()
    history.asked |= {"lost", "twice", "gone", "labelled", "unheard", "fine"}
    history.acknowledged |= {"lost": "1", "twice": "2", "gone": "3", "labelled": "4", "fine": "5"}
    history.deleted["3"] = "yes"
    history.labels["4"] = "8"
    history.asked.add("led")
    history.acknowledged["led"] = "8"
    history.leads_to["8"] = "9"
    records = [
        record("9", "led"),
        *(record("2", "twice"), record("2", "twice"), record("3", "gone"), record("4", "labelled", "9")),
        *(record("6", "unheard"), record("7", "unheard"), record("5", "fine")),
    ]
    assert check(history, records) == [
        "2 is there 2 times",
        "1 was acknowledged and is lost",
        "one drawing, key twice, is there 2 times",
        "3 was deleted and is there",
        "unacknowledged unheard is there 2 times",
        "4 was labelled 8 and reads 9",
    ]
