"""The live preview, corrections, and what happens when the server is slow, unreachable or refuses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import ink, predict
from tools.hand import drag, draw, on_canvas

PREVIEW = "**/predict?record=false"
PREDICT = re.compile(r"/predict$")


def records(page: Page) -> list[str]:
    """The ids of the newest records."""
    return [record["id"] for record in page.request.get("/records").json()["records"]]


def test_the_live_preview_records_nothing(page: Page) -> None:
    before = records(page)
    with page.expect_response(PREVIEW) as waiting:
        draw(page, "7")
    assert waiting.value.json()["recorded"] == "no"
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.get_by_role("status")).not_to_contain_text("Recorded")
    assert records(page) == before


def test_an_unfinished_stroke_is_read_and_not_read_again_when_the_pen_is_lifted(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "record=false" in request.url else None)
    [one] = on_canvas(page, [[(0.5, 0.1), (0.5, 0.5), (0.5, 0.9)]])
    page.mouse.move(*one[0])
    with page.expect_response(PREVIEW):
        page.mouse.down()
    for point in one[1:]:
        with page.expect_response(PREVIEW):
            page.mouse.move(*point)
    status = page.get_by_role("status")
    expect(status).to_have_attribute("aria-busy", "true")
    expect(status).to_contain_text("Reading as you draw")
    before = len(requests)
    page.mouse.up()
    expect(status).to_contain_text(re.compile("sure|Unsure|looks"))
    expect(status).not_to_have_attribute("aria-busy", "true")
    assert len(requests) == before


@any_screen
def test_a_newer_preview_aborts_the_older_one(page: Page) -> None:
    held: list[Route] = []
    page.route(PREVIEW, lambda route: held.append(route) if not held else route.continue_())
    with page.expect_event("requestfailed", lambda request: "record=false" in request.url) as failed:
        drag(page, [(0.3, 0.2), (0.7, 0.2)])
        drag(page, [(0.7, 0.2), (0.5, 0.5), (0.4, 0.8)])
    request: Request = failed.value
    assert request.failure == "net::ERR_ABORTED"
    expect(page.get_by_role("status")).to_contain_text("7")


def test_a_correction_is_stored_beside_the_prediction_and_can_be_removed(page: Page) -> None:
    draw(page, "1")
    answer = predict(page)
    seven = page.locator("#labels").get_by_role("button", name="7")
    with page.expect_response(re.compile("/records/")):
        seven.click()
    expect(seven).to_have_attribute("aria-pressed", "true")
    record = page.request.get(f"/records/{answer['id']}").json()
    assert (record["result"], record["label"]) == (answer["result"], "7")
    with page.expect_response(re.compile("/records/")):
        seven.click()
    expect(seven).to_have_attribute("aria-pressed", "false")
    assert page.request.get(f"/records/{answer['id']}").json()["label"] is None


def test_a_number_key_corrects_only_after_predict(page: Page) -> None:
    draw(page, "1")
    page.keyboard.press("7")
    answer = predict(page)
    expect(page.locator("#correction")).to_be_visible()
    with page.expect_response(re.compile("/records/")) as corrected:
        page.keyboard.press("7")
    assert corrected.value.json()["id"] == answer["id"]
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#correction")).to_be_hidden()


def test_numbers_replace_the_bars(page: Page) -> None:
    draw(page, "7")
    predict(page)
    page.get_by_role("button", name="As numbers").click()
    table = page.get_by_role("table", name="Probability of each digit")
    expect(table.get_by_role("row")).to_have_count(11)
    expect(page.locator("#bars")).to_be_hidden()
    page.get_by_role("button", name="As numbers").click()
    expect(table).to_be_hidden()


@any_screen
def test_predict_is_retried_after_a_lost_response_and_records_once(page: Page) -> None:
    keys: list[str | None] = []

    def refuse_once(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        if len(keys) == 1:
            route.fetch()  # the server records it, but the response is lost
            route.abort("connectionreset")
        else:
            route.continue_()

    draw(page, "7")
    before = records(page)
    page.route(PREDICT, refuse_once)
    answer = predict(page)
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert [id_ for id_ in records(page) if id_ not in before] == [answer["id"]]


SKIP_DELAYS = """() => {
  const real = setTimeout;
  window.delays = [];
  window.setTimeout = (callback, ms, ...rest) => { window.delays.push(ms); return real(callback, 0, ...rest); };
}"""


@any_screen
def test_a_busy_server_is_retried_after_the_time_it_asks_for(page: Page) -> None:
    answers: list[int] = []

    def refuse_once(route: Route) -> None:
        answers.append(200 if answers else 503)
        if answers[-1] == 503:
            route.fulfill(status=503, headers={"Retry-After": "3"}, json={"code": "overloaded", "detail": "Busy."})
        else:
            route.continue_()

    draw(page, "7")
    expect(page.get_by_role("status")).to_contain_text("7")
    page.evaluate(SKIP_DELAYS)
    page.route(PREDICT, refuse_once)
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    assert answers == [503, 200]
    assert page.evaluate("window.delays") == [3000]


@any_screen
def test_an_unreachable_server_gets_a_notice_and_the_drawing_is_kept(page: Page) -> None:
    page.context.set_offline(True)
    draw(page, "7")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#notice")).to_contain_text("can't be reached. Your drawing is kept; trying again")
    assert ink(page) > 0
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    expect(page.locator("#notice")).to_have_text("")


ERRORS = [
    (413, "too_large", "The drawing is larger than 2 MB."),
    (422, "blank_drawing", "There is no ink in the drawing."),
]


@any_screen
@pytest.mark.parametrize(("status", "code", "detail"), ERRORS)
def test_the_error_message_of_the_server_is_shown(page: Page, status: int, code: str, detail: str) -> None:
    problem = {"type": "about:blank", "title": "", "status": status, "code": code, "detail": detail}
    page.route(PREDICT, lambda route: route.fulfill(status=status, json=problem))
    draw(page, "7")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#notice")).to_have_text(detail)
    assert ink(page) > 0


@any_screen
def test_a_request_without_response_times_out_and_is_retried(page: Page) -> None:
    page.route(PREDICT, lambda route: None)
    draw(page, "7")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#result")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#notice")).to_contain_text(
        "did not respond within 5 seconds. Your drawing is kept", timeout=20_000
    )
