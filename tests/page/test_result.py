"""The live preview, corrections, and what happens when the server is slow, unreachable or refuses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.page.conftest import any_screen, not_in_firefox
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
    result = page.locator("#result")
    expect(result).to_have_attribute("aria-busy", "true")
    expect(result).to_contain_text("Reading as you draw")
    before = len(requests)
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text(re.compile("Read as|Unsure"))
    expect(result).not_to_have_attribute("aria-busy", "true")
    assert len(requests) == before


@any_screen
@not_in_firefox("Playwright hears of no aborted request there")
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


@any_screen
def test_an_outdated_answer_is_dimmed_and_a_long_wait_is_shown(page: Page) -> None:
    draw(page, "1")
    result = page.locator("#result")
    expect(page.locator("#headline")).to_have_text("1")
    held: list[Route] = []
    page.route(PREVIEW, lambda route: held.append(route))
    draw(page, "7")
    expect(result).to_have_class(re.compile("outdated"))
    expect(result).to_contain_text("Reading …")
    page.unroute(PREVIEW)
    drag(page, [(0.2, 0.9), (0.8, 0.9)])
    expect(result).not_to_have_class(re.compile("outdated|waiting"))


@any_screen
def test_predict_shows_that_it_waits(page: Page) -> None:
    draw(page, "7")
    expect(page.locator("#headline")).to_have_text("7")
    held: list[Route] = []
    page.route(PREDICT, lambda route: held.append(route))
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#result")).to_have_class(re.compile("waiting"))
    expect(page.locator("#recorded")).to_have_text("Waiting for the server …")
    expect(page.locator("#result")).not_to_have_class(re.compile("outdated"))
    held[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    expect(page.locator("#result")).not_to_have_class(re.compile("waiting"))


@any_screen
def test_another_digit_than_the_meant_one_is_mentioned(page: Page) -> None:
    draw(page, "7")
    page.get_by_label("I mean").fill("1")
    predict(page)
    expect(page.locator("#recorded")).to_have_text("Recorded. You meant 1, but the network reads 7.")


@any_screen
def test_noise_looks_like_no_digit_in_particular(page: Page) -> None:
    reading = {"verdict": "not_a_digit", "digit": 7, "runner_up": 1, "confidence": 0.1, "probabilities": [0.1] * 10}
    describe = 'async (reading) => (await import("/static/js/model/text.js")).describe(reading).sentence'
    assert page.evaluate(describe, reading) == "It looks like no digit in particular."
    assert "most like an 8" in page.evaluate(describe, reading | {"digit": 8, "confidence": 0.7})


PLACES = """[...document.querySelectorAll("#undo, #predict, #clear, #show-explanation")].map(button => {
  const { x, y } = button.getBoundingClientRect();
  return [x, y + scrollY];
})"""


def test_answers_and_messages_move_nothing(page: Page) -> None:
    """The first answer, a message and the recorded answer come while a finger may be above a button."""
    places = [page.evaluate(PLACES)]
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    places.append(page.evaluate(PLACES))
    draw(page, "7")
    expect(page.locator("#headline")).to_have_text("7")
    expect(page.locator("#headline")).to_be_in_viewport(ratio=1)
    places.append(page.evaluate(PLACES))
    predict(page)
    expect(page.locator("#correction")).to_be_visible()
    expect(page.locator("#recorded")).to_be_in_viewport(ratio=1)
    places.append(page.evaluate(PLACES))
    assert places[1:] == 3 * places[:1]


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
    assert max(page.evaluate("window.delays")) == 3000


@any_screen
def test_an_unreachable_server_is_reported_and_the_drawing_is_kept(page: Page) -> None:
    page.context.set_offline(True)
    draw(page, "7")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#waiting")).to_have_text("1 prediction waits on this device.")
    assert ink(page) > 0
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("Recorded.")
    expect(page.locator("#waiting")).to_have_text("")


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
    expect(page.locator("#waiting")).to_have_text("1 prediction waits on this device.", timeout=20_000)


def test_a_number_is_shown_recorded_and_corrected_as_a_whole(page: Page) -> None:
    draw(page, "3", left=0.05, top=0.25, size=0.45)
    draw(page, "0", left=0.5, top=0.25, size=0.45)
    predict(page)
    expect(page.locator("#result")).to_have_attribute("data-kind", "number")
    expect(page.locator("#headline")).to_have_text("30")
    page.get_by_label("Another number").press_sequentially("80.5")
    page.get_by_label("Another number").press("Enter")
    expect(page.locator("#corrected")).to_contain_text("Correction saved: 80.5.")
    [newest] = page.request.get("/records?limit=1").json()["records"]
    assert (newest["result"], newest["digit"], newest["label"]) == ("30", None, "80.5")
