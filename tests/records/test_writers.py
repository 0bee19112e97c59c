"""Who drew a record, as far as records tell."""

from __future__ import annotations

from typing import Any

from backend.records.writers import by_writer
from tools.sample_records import Era


def test_pupils_and_addresses_are_writers() -> None:
    era, writer = Era(), by_writer()
    drawn_by: list[dict[str, Any]] = [
        {"room": "ABC234", "pupil": "p1"},
        {"room": "ABC234", "pupil": "p2"},
        {"room": "XYZ567", "pupil": "p1"},
        {"client": "somewhere"},
        {"room": "ABC234", "pupil": "p1", "client": "somewhere"},
    ]
    names = [writer(era.record(seconds=-n, **fields)) for n, fields in enumerate(drawn_by)]
    assert len(set(names)) == 4
    assert names[0] == names[4]


def test_other_records_belong_to_sittings_that_end_with_a_pause() -> None:
    era, writer = Era(), by_writer()
    minutes = (0, -25, -50, -50, -81, -82)  # newest first
    names = [writer(era.record(seconds=60 * minute)) for minute in minutes]
    assert len(set(names[:4])) == 1
    assert len(set(names[4:])) == 1
    assert names[3] != names[4]


def test_a_pupil_does_not_end_a_sitting() -> None:
    era, writer = Era(), by_writer()
    first = writer(era.record())
    writer(era.record(seconds=-60, room="ABC234", pupil="p1"))
    assert writer(era.record(seconds=-120)) == first
