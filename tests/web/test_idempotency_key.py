"""Keys are UUIDs of version 7 whose time is near the server's; all others are rejected with a reason."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.records.ids import key_time, new_key
from backend.web.errors import Problem
from backend.web.idempotency_key import EXAMPLE, MAX_AGE, MAX_CLOCK_ERROR, parse_idempotency_key

NOW = datetime(2026, 11, 25, 12, 30, 59, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def rejection(header: str, now: datetime = NOW) -> Problem:
    with pytest.raises(Problem) as raised:
        parse_idempotency_key(header, now)
    assert raised.value.status == 400
    assert "uuidgen --time-v7" in raised.value.detail
    return raised.value


@given(st.timedeltas(-MAX_CLOCK_ERROR, MAX_AGE - MILLISECOND))
def test_a_key_within_the_limits_is_accepted_in_either_case(age: timedelta) -> None:
    key = new_key(NOW - age)
    assert parse_idempotency_key(str(key), NOW) == key
    assert parse_idempotency_key(str(key).upper(), NOW) == key


@given(st.timedeltas(MAX_AGE + MILLISECOND, NOW - datetime(1970, 1, 1, tzinfo=UTC)))
def test_a_key_that_is_too_old_is_rejected(age: timedelta) -> None:
    assert rejection(str(new_key(NOW - age))).code == "idempotency_key_expired"


@given(st.timedeltas(MAX_CLOCK_ERROR + MILLISECOND, datetime.max.replace(tzinfo=UTC) - NOW))
def test_a_key_from_the_future_is_rejected(ahead: timedelta) -> None:
    assert rejection(str(new_key(NOW + ahead))).code == "idempotency_key_in_future"


def test_the_limits_themselves_are_accepted() -> None:
    for created in (NOW - MAX_AGE, NOW + MAX_CLOCK_ERROR):
        assert key_time(parse_idempotency_key(str(new_key(created)), NOW)) == created
    assert rejection(str(new_key(NOW - MAX_AGE - MILLISECOND))).code == "idempotency_key_expired"
    assert rejection(str(new_key(NOW + MAX_CLOCK_ERROR + MILLISECOND))).code == "idempotency_key_in_future"


def test_a_time_after_the_year_9999_is_in_the_future() -> None:
    assert rejection("ffffffff-ffff-7fff-bfff-ffffffffffff").code == "idempotency_key_in_future"


@pytest.mark.parametrize("age", [MAX_AGE * 2, -MAX_CLOCK_ERROR * 2])
def test_a_wrong_time_is_rejected_with_that_of_the_server(age: timedelta) -> None:
    assert "the server's time is 2026-11-25T12:30:59Z." in rejection(str(new_key(NOW - age))).detail


@given(st.uuids(), st.sampled_from([1, 2, 3, 4, 5, 6, 8]))
def test_other_versions_of_uuids_are_rejected(some: uuid.UUID, version: int) -> None:
    other = uuid.UUID(int=some.int & ~(0xF << 76) | version << 76)
    assert rejection(str(other)).code == "bad_idempotency_key"


@pytest.mark.parametrize("variant", [0b0000, 0b0100, 0b1100, 0b1110])
def test_other_variants_of_uuids_are_rejected(variant: int) -> None:
    other = uuid.UUID(int=new_key(NOW).int & ~(0xF << 60) | variant << 60)
    assert rejection(str(other)).code == "bad_idempotency_key"


@pytest.mark.parametrize("form", ["", "{{{}}}", "urn:uuid:{}", '"{}"', "{}, {}", "0{}"])
def test_only_the_standard_form_is_accepted(form: str) -> None:
    key = str(new_key(NOW))
    assert rejection(form.format(key, key)).code == "bad_idempotency_key"


def test_hyphens_belong_in_their_places() -> None:
    key = new_key(NOW).hex
    for text in (key, f"{key[:4]}-{key[4:]}"):
        assert rejection(text).code == "bad_idempotency_key"


@given(st.text())
def test_any_other_text_is_rejected(text: str) -> None:
    assert rejection(text).code == "bad_idempotency_key"


def test_the_server_creates_missing_keys() -> None:
    first, second = parse_idempotency_key(None), parse_idempotency_key(None)
    assert first != second
    assert abs(datetime.now(UTC) - key_time(first)) < timedelta(minutes=1)


def test_the_example_has_the_right_form() -> None:
    assert rejection("seven").detail.count(EXAMPLE) == 1
    assert parse_idempotency_key(EXAMPLE, key_time(uuid.UUID(EXAMPLE)))
