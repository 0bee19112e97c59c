"""The checker on which all failure runs rely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backend.records.ids import new_key
from tools.failure.checker import History, check

NOW = datetime(2026, 11, 25, 12, 30, 59, 250_000, UTC)
LATE, LOST, TWICE, DELETED, LABELED, UNACKNOWLEDGED, FINE = (str(new_key(NOW)) for _ in range(7))


def record(record_id: str, key: str, label: str | None = None, date: datetime = NOW) -> dict[str, str | None]:
    return {"id": record_id, "file_name": key, "label": label, "date": date.isoformat(timespec="milliseconds")}


def test_lost_duplicate_undeleted_uncorrected_and_misdated_records_are_reported() -> None:
    history = History()
    history.sent = {LATE, LOST, TWICE, DELETED, LABELED, UNACKNOWLEDGED, FINE}
    history.acknowledged = {LOST: "1", TWICE: "2", DELETED: "3", LABELED: "4", FINE: "5", LATE: "8"}
    history.deleted["3"] = "yes"
    history.labels["4"] = "8"
    history.records = [
        record("8", LATE, date=NOW + timedelta(milliseconds=1)),
        *(record("2", TWICE), record("2", TWICE), record("3", DELETED), record("4", LABELED, "9")),
        *(record("6", UNACKNOWLEDGED), record("7", UNACKNOWLEDGED), record("5", FINE)),
    ]
    assert check(history) == [
        "2 exists 2 times",
        "1 was acknowledged, but is lost",
        f"the drawing with key {TWICE} exists 2 times",
        "3 was deleted, but exists",
        f"the unacknowledged drawing with key {UNACKNOWLEDGED} exists 2 times",
        f"8 has the date 2026-11-25T12:30:59.251+00:00, which is not that of its key {LATE}",
        "4 was labeled 8, but has 9",
    ]
