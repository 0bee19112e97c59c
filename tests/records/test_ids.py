"""Ids are ordered by time and unique."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from backend.records.ids import RecordIds, date_of, date_text


def test_an_id_is_a_version_1_uuid_of_the_current_time() -> None:
    made = RecordIds().new()
    assert (made.version, made.variant) == (1, uuid.RFC_4122)
    assert abs(date_of(made) - datetime.now(UTC)) < timedelta(minutes=1)


def test_concurrent_ids_are_unique_and_ordered() -> None:
    ids = RecordIds()
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _: [ids.new() for _ in range(500)], range(8)))
    assert len({each for row in rows for each in row}) == 4_000
    for row in rows:
        assert [each.time for each in row] == sorted({each.time for each in row})


def test_the_node_of_ids_is_random_instead_of_the_address_of_the_machine() -> None:
    one, other = RecordIds().new(), RecordIds().new()
    assert one.node != other.node
    assert uuid.getnode() not in (one.node, other.node)
    assert one.node >> 40 & 1


def test_the_date_is_rfc_3339_with_milliseconds() -> None:
    made = RecordIds().new()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date_text(made))
    assert abs(datetime.fromisoformat(date_text(made)) - date_of(made)) < timedelta(milliseconds=1)
