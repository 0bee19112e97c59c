"""The checker on which all failure runs rely."""

from __future__ import annotations

from tools.failure.checker import History, check


def record(record_id: str, key: str, label: str | None = None) -> dict[str, str | None]:
    return {"id": record_id, "file_name": key, "label": label}


def test_lost_duplicate_undeleted_and_uncorrected_records_are_reported() -> None:
    history = History()
    history.sent = {"lost", "twice", "deleted", "labeled", "unacknowledged", "fine", "alias"}
    history.acknowledged = {"lost": "1", "twice": "2", "deleted": "3", "labeled": "4", "fine": "5", "alias": "8"}
    history.deleted["3"] = "yes"
    history.labels["4"] = "8"
    history.aliases["8"] = "9"
    history.records = [
        record("9", "alias"),
        *(record("2", "twice"), record("2", "twice"), record("3", "deleted"), record("4", "labeled", "9")),
        *(record("6", "unacknowledged"), record("7", "unacknowledged"), record("5", "fine")),
    ]
    assert check(history) == [
        "2 exists 2 times",
        "1 was acknowledged, but is lost",
        "the drawing with key twice exists 2 times",
        "3 was deleted, but exists",
        "the unacknowledged drawing with key unacknowledged exists 2 times",
        "4 was labeled 8, but has 9",
    ]
