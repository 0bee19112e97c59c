"""Unit tests of network/clock.js, run in the browser: the device's clock, corrected by the server's responses."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

NOW = 1_795_000_000_000  # ms
HOUR = 3_600_000
OFFSETS = st.integers(-10_000, 10_000) | st.integers(-1000 * HOUR, 1000 * HOUR)
tries = settings(max_examples=40, deadline=None)
numbers = count()

# Returns the correction after each response.
COMPARE = """async ([url, responses]) => {
  const clock = await import(url);
  const device = Date.now;
  try {
    return responses.map(({sent, received, date}) => {
      Date.now = () => received;
      clock.compareClocks(new Response(null, {headers: date === null ? {} : {Date: date}}), sent);
      return clock.now() - received;
    });
  } finally {
    Date.now = device;
  }
}"""


@dataclass
class Sent:
    """A request. Times in ms; `date_age` is that of the server's `Date` before it is cut to whole seconds."""

    at: int
    there: int
    back: int
    date_age: int

    def response(self, offset: int) -> dict[str, Any]:
        """`offset`: the server's clock minus the device's."""
        arrival = self.at + offset + self.there
        date = formatdate((arrival - self.date_age) // 1000, usegmt=True)
        return {"sent": self.at, "received": self.at + self.there + self.back, "date": date}


requests = st.builds(
    Sent, st.integers(NOW, NOW + HOUR), st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 999)
)


def corrections(page: Page, responses: list[dict[str, Any]]) -> list[float]:
    url = f"/static/js/network/clock.js?{next(numbers)}"  # a module that has seen no response
    result: list[float] = page.evaluate(COMPARE, [url, responses])
    return result


@tries
@given(requests=st.lists(requests, min_size=1, max_size=5))
def test_a_clock_that_is_right_is_not_corrected(blank: Page, requests: list[Sent]) -> None:
    assert set(corrections(blank, [each.response(0) for each in requests])) == {0}


@tries
@given(requests=st.lists(requests, min_size=1, max_size=5), offset=OFFSETS)
def test_a_clock_that_is_wrong_is_corrected_as_well_as_the_response_tells(
    blank: Page, requests: list[Sent], offset: int
) -> None:
    found = corrections(blank, [each.response(offset) for each in requests])
    for request, correction in zip(requests, found, strict=True):
        assert abs(correction - offset) <= 2000 + request.there + request.back


@tries
@given(request=requests, offset=st.integers(10_000, 1000 * HOUR), sign=st.sampled_from([-1, 1]))
def test_a_large_error_is_halved_between_its_limits(blank: Page, request: Any, offset: int, sign: int) -> None:
    [correction] = corrections(blank, [request.response(sign * offset)])
    assert abs(correction - sign * offset) <= 1000 + (request.there + request.back) / 2


@tries
@given(first=requests, second=requests, offset=OFFSETS)
def test_a_correction_stays_while_responses_agree_with_it(blank: Page, first: Sent, second: Sent, offset: int) -> None:
    response = second.response(offset)
    before, after = corrections(blank, [first.response(offset), response])
    date = 1000 * parsedate_to_datetime(response["date"]).timestamp()
    agrees = date <= response["received"] + before and response["sent"] + before <= date + 2000
    assert (after == before) == agrees


def test_a_clock_that_is_set_later_is_corrected_again(blank: Page) -> None:
    request = Sent(NOW, 10, 10, 0)
    behind, right = corrections(blank, [request.response(5 * HOUR), request.response(0)])
    assert abs(behind - 5 * HOUR) < 1100
    assert abs(right) < 1100


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_response_without_a_date_changes_nothing(blank: Page, date: str | None) -> None:
    request = Sent(NOW, 10, 10, 0).response(HOUR)
    before, after = corrections(blank, [request, {**request, "date": date}])
    assert before == after != 0
