"""Keys tell when a drawing was made; the id of its record is derived from the key and the request."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.records.ids import DERIVED_SHARDS, date_of, date_text, key_time, new_key, record_id, shard_of

MILLISECOND = timedelta(milliseconds=1)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def test_a_new_key_is_a_version_7_uuid_of_the_current_time() -> None:
    key = new_key()
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert abs(key_time(key) - datetime.now(UTC)) < timedelta(minutes=1)
    assert new_key() != key


@given(TIMES)
def test_a_key_has_the_millisecond_it_was_made_for(instant: datetime) -> None:
    assert timedelta(0) <= instant - key_time(new_key(instant)) < MILLISECOND


@given(TIMES, st.binary(max_size=50))
def test_an_id_is_a_version_1_uuid_in_the_millisecond_of_its_key(instant: datetime, request: bytes) -> None:
    key = new_key(instant)
    made = record_id(key, request)
    assert (made.version, made.variant) == (1, uuid.RFC_4122)
    assert key_time(key) <= date_of(made) < key_time(key) + MILLISECOND
    assert made.node >> 40 & 1  # not the address of a machine


@given(TIMES, st.binary(max_size=50), st.binary(max_size=50))
def test_the_same_request_has_the_same_id_and_any_other_has_another(instant: datetime, one: bytes, two: bytes) -> None:
    key, other = new_key(instant), new_key(instant)
    assert record_id(key, one) == record_id(uuid.UUID(str(key)), one)
    assert (record_id(key, one) == record_id(key, two)) == (one == two)
    assert record_id(key, one) != record_id(other, one)


def test_ids_use_all_shards_alike() -> None:
    shards = Counter(shard_of(record_id(new_key(), b"")) for _ in range(DERIVED_SHARDS * 200))
    assert len(shards) == DERIVED_SHARDS
    assert max(shards.values()) < 300


def test_an_id_never_changes() -> None:
    key = uuid.UUID("01932c07-209e-7d00-9c4a-1693d31e4529")
    assert str(record_id(key, b"a drawing")) == "e9eb6196-a2b9-11ef-9aa3-e12cfbeaa253"


def test_the_date_is_rfc_3339_with_milliseconds() -> None:
    made = record_id(new_key(), b"")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date_text(made))
    assert abs(datetime.fromisoformat(date_text(made)) - date_of(made)) < MILLISECOND
