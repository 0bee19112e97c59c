"""The keys that the page creates, whose time is the server's even if the device's clock is wrong."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Request, expect

from backend.records.ids import key_time
from tests.page.conftest import any_screen
from tests.page.test_draw import predict
from tests.page.test_result import PREDICT, records
from tools.hand import draw

NEW_KEYS = """async (times) => {
  const { newKey } = await import("/static/js/network/idempotency_key.js");
  return times.map((time) => newKey(time));
}"""


@pytest.fixture(scope="module")
def blank(chromium: Browser, server: str) -> Page:
    page = chromium.new_page()
    page.goto(f"{server}/health/live")  # same origin, no scripts of its own
    return page


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2**48 - 1) | st.floats(0, 2**42), min_size=1))
def test_a_key_is_a_version_7_uuid_of_its_millisecond(blank: Page, times: list[float]) -> None:
    texts = blank.evaluate(NEW_KEYS, times)
    keys = [uuid.UUID(text) for text in texts]
    assert [str(key) for key in keys] == texts
    assert {(key.version, key.variant) for key in keys} == {(7, uuid.RFC_4122)}
    assert [key.int >> 80 for key in keys] == [int(time) for time in times]


def test_keys_of_the_same_millisecond_differ(blank: Page) -> None:
    assert len(set(blank.evaluate(NEW_KEYS, [1_795_000_000_000] * 1000))) == 1000


# A page whose clock is wrong


def is_now(time: datetime) -> bool:
    return abs(time - datetime.now(UTC)) < timedelta(seconds=10)


def sent_keys(page: Page) -> list[uuid.UUID]:
    """The keys of drawings to be recorded, also of those that the page will send."""
    keys: list[uuid.UUID] = []

    def note(request: Request) -> None:
        if PREDICT.search(request.url):
            keys.append(uuid.UUID(request.headers["idempotency-key"]))

    page.on("request", note)
    return keys


@any_screen
@pytest.mark.parametrize("error", [timedelta(hours=7), timedelta(hours=-7), timedelta(days=-400)])
def test_a_wrong_clock_is_corrected_before_the_first_drawing(page: Page, error: timedelta) -> None:
    page.clock.install(time=datetime.now() + error)
    page.goto("/")
    assert abs(page.evaluate("Date.now()") / 1000 - (datetime.now(UTC) + error).timestamp()) < 10
    draw(page, "7")
    expect(page.get_by_role("status")).to_contain_text("7")
    before, keys = records(page), sent_keys(page)
    answer = predict(page)
    [key] = keys
    assert is_now(key_time(key))
    assert is_now(datetime.fromisoformat(answer["date"]))
    assert [id_ for id_ in records(page) if id_ not in before] == [answer["id"]]
