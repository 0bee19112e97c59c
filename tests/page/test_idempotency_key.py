"""The keys that the page creates, whose time is the server's even if the device's clock is wrong."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Request, Response, expect

from backend.records.ids import key_time
from tests.page.conftest import any_screen
from tests.page.test_draw import predict
from tests.page.test_result import PREDICT, records
from tools.chromium import visit
from tools.hand import draw

NEW_KEYS = """async (times) => {
  const { newKey } = await import("/static/js/network/idempotency_key.js");
  return times.map((time) => newKey(time));
}"""


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
    return abs(time - datetime.now(UTC)) < timedelta(minutes=1)


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
    visit(page, "/")
    assert abs(page.evaluate("Date.now()") / 1000 - (datetime.now(UTC) + error).timestamp()) < 60
    draw(page, "7")
    expect(page.get_by_role("status")).to_contain_text("7")
    before, keys = records(page), sent_keys(page)
    answer = predict(page)
    [key] = keys
    assert is_now(key_time(key))
    assert is_now(datetime.fromisoformat(answer["date"]))
    assert [id_ for id_ in records(page) if id_ not in before] == [answer["id"]]


NOTE_MESSAGES = """(notice) => {
  window.messages = [];
  new MutationObserver(() => window.messages.push(notice.textContent)).observe(notice, { childList: true });
}"""


@any_screen
@pytest.mark.parametrize(
    ("error", "code"),
    [(timedelta(hours=2), "idempotency_key_in_future"), (timedelta(days=-31), "idempotency_key_expired")],
)
def test_a_key_refused_for_its_time_is_replaced_without_a_notice(page: Page, error: timedelta, code: str) -> None:
    page.clock.install()
    visit(page, "/")
    expect(page.locator("#privacy")).to_contain_text("live preview")  # a later response would correct the clock
    draw(page, "7")
    expect(page.get_by_role("status")).to_contain_text("7")
    before, keys = records(page), sent_keys(page)
    refusals: list[Response] = []
    page.on("response", lambda response: refusals.append(response) if response.status == 400 else None)
    page.locator("#notice").evaluate(NOTE_MESSAGES)
    page.clock.set_system_time(datetime.now() + error)
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    assert [refusal.json()["code"] for refusal in refusals] == [code]
    assert [is_now(key_time(key)) for key in keys] == [False, True]
    assert "".join(page.evaluate("window.messages")) == ""
    [record] = [id_ for id_ in records(page) if id_ not in before]
    assert is_now(datetime.fromisoformat(page.request.get(f"/records/{record}").json()["date"]))


@any_screen
def test_a_drawing_whose_new_key_is_refused_too_waits(page: Page) -> None:
    problem = {"status": 400, "code": "idempotency_key_expired", "detail": "Check your clock."}
    before = records(page)
    page.route(PREDICT, lambda route: route.fulfill(status=400, json=problem))
    draw(page, "7")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#notice")).to_contain_text("Check your clock.")
    expect(page.locator("#waiting")).to_contain_text("1 prediction")
    page.unroute(PREDICT)
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    assert len([id_ for id_ in records(page) if id_ not in before]) == 1


@any_screen
def test_the_same_drawing_predicted_twice_has_two_keys(page: Page) -> None:
    keys = sent_keys(page)
    draw(page, "7")
    for _ in range(2):
        predict(page)
        expect(page.get_by_role("status")).to_contain_text("Recorded.")
    first, second = keys
    assert first != second
