"""Predictions made while the server is away: answered at once, kept on the device, and recorded once each."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import ink, predict
from tests.page.test_result import PREDICT, records
from tools.chromium import FLAGS, find_chromium, reload, visit
from tools.drawings import SEVEN_URL
from tools.hand import DIGITS, draw

pytestmark = any_screen

DAY = 24 * 3600


@pytest.fixture
def local_network() -> bool:
    return True


def press_predict(page: Page) -> None:
    page.get_by_role("button", name="Predict").click()


def sent_to_be_recorded(context: BrowserContext) -> list[str]:
    """The idempotency keys of the requests to /predict that any tab sends from now on and that reach the server."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if PREDICT.search(request.url):
            keys.append(request.headers["idempotency-key"])

    context.on("requestfinished", note)
    return keys


def wait_until(condition: str, page: Page) -> None:
    expect(page.locator("#waiting")).to_have_text(condition)


def test_ten_drawings_are_read_at_once_and_recorded_once_each_when_the_server_returns(
    loaded: Page, context: BrowserContext
) -> None:
    before, sent = records(loaded), sent_to_be_recorded(context)
    context.set_offline(True)
    for digit in DIGITS:
        draw(loaded, digit)
        press_predict(loaded)
        expect(loaded.locator("#headline")).to_have_text(re.compile(f"^{digit}"))
        loaded.get_by_role("button", name="Clear").click()
    wait_until("10 predictions wait on this device.", loaded)
    context.set_offline(False)
    wait_until("", loaded)
    made = [each for each in loaded.request.get("/records").json()["records"] if each["id"] not in before]
    assert sorted(each["result"] for each in made) == sorted(DIGITS)
    assert len(set(sent)) == len(sent) == 10


def test_what_waits_survives_a_reload_and_the_same_drawing_is_not_recorded_twice(loaded: Page) -> None:
    before = records(loaded)
    loaded.route(PREDICT, lambda route: route.abort())
    draw(loaded, "7")
    press_predict(loaded)
    wait_until("1 prediction waits on this device.", loaded)
    reload(loaded)
    expect(loaded.locator("#headline")).to_have_text("7")
    press_predict(loaded)
    wait_until("1 prediction waits on this device.", loaded)
    loaded.unroute(PREDICT)
    expect(loaded.get_by_role("status")).to_contain_text("Recorded.")
    assert len([each for each in records(loaded) if each not in before]) == 1


def test_two_tabs_send_what_waits_once(loaded: Page, context: BrowserContext) -> None:
    before, sent = records(loaded), sent_to_be_recorded(context)
    context.set_offline(True)
    for digit in "358":
        draw(loaded, digit)
        press_predict(loaded)
        loaded.get_by_role("button", name="Clear").click()
    wait_until("3 predictions wait on this device.", loaded)
    loaded.close()
    context.set_offline(False)
    context.route(PREDICT, lambda route: route.abort())
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        visit(tab, "/")
        wait_until("3 predictions wait on this device.", tab)
    context.unroute(PREDICT)
    for tab in tabs:
        wait_until("", tab)
    assert len([each for each in records(tabs[0]) if each not in before]) == 3
    assert len(sent) == 3


STORE_OLD = """async ([time, image]) => {
  const { Store } = await import("/static/js/storage/store.js");
  const { newKey } = await import("/static/js/network/idempotency_key.js");
  const key = newKey(time);
  await new Store("waiting").put({ id: key, key, time, body: JSON.stringify({ image }), reading: null });
}"""


def test_a_drawing_that_waited_for_more_than_30_days_is_recorded_with_todays_date(page: Page) -> None:
    before = records(page)
    page.evaluate(STORE_OLD, [1000 * (time.time() - 31 * DAY), SEVEN_URL])
    reload(page)
    expect(page.locator("#notice")).to_contain_text("waited on this device for more than 30 days")
    [made] = [each for each in page.request.get("/records").json()["records"] if each["id"] not in before]
    assert made["result"] == "7"
    assert page.evaluate("date => Date.now() - Date.parse(date)", made["date"]) < 60_000


def test_a_refused_drawing_does_not_wait(loaded: Page) -> None:
    problem = {"status": 413, "code": "too_large", "detail": "The drawing is too large."}
    loaded.route(PREDICT, lambda route: route.fulfill(status=413, json=problem))
    draw(loaded, "7")
    press_predict(loaded)
    expect(loaded.locator("#notice")).to_have_text("The drawing is too large.")
    loaded.unroute(PREDICT)
    sent = sent_to_be_recorded(loaded.context)
    reload(loaded)
    expect(loaded.locator("#headline")).to_have_text("7")
    predict(loaded)
    assert len(sent) == 1


def test_an_answer_that_is_not_the_servers_does_not_end_the_wait(loaded: Page) -> None:
    """The sign-in page of a network, for example."""
    loaded.route(PREDICT, lambda route: route.fulfill(status=404, content_type="text/html", body="<h1>Sign in</h1>"))
    draw(loaded, "7")
    press_predict(loaded)
    wait_until("1 prediction waits on this device.", loaded)
    loaded.unroute(PREDICT)
    expect(loaded.get_by_role("status")).to_contain_text("Recorded.")


def test_the_drawing_survives_a_reload_the_draw_link_and_a_closed_tab(page: Page, context: BrowserContext) -> None:
    draw(page, "3")
    drawn = ink(page)
    reload(page)
    expect(page.locator("#headline")).to_have_text("3")
    page.get_by_role("link", name="Draw").click()
    expect(page.locator("#headline")).to_have_text("3")
    other = context.new_page()
    visit(other, "/")
    expect(other.locator("#hint")).to_be_visible()
    other.close()
    page.close()
    again = context.new_page()
    visit(again, "/")
    expect(again.locator("#headline")).to_have_text("3")
    assert ink(again) == drawn
    again.get_by_role("button", name="Clear").click()
    reload(again)
    expect(again.locator("#hint")).to_be_visible()


def test_without_site_data_the_page_works_and_says_that_it_must_stay_open(
    chromium: Browser, server: str, tmp_path: Path, screen: str
) -> None:
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/Preferences").write_text(
        '{"profile": {"default_content_setting_values": {"cookies": 2}}}'  # as "Block all site data" does
    )
    with chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium(with_settings=True), args=FLAGS, base_url=server
    ) as context:
        page = context.new_page()
        visit(page, "/")
        assert page.evaluate(
            "() => { try { return Boolean(localStorage); } catch (error) { return error.name; } }"
        ) == ("SecurityError")
        expect(page.get_by_text("The live preview stays in this browser.")).to_be_visible()
        before = records(page)
        context.set_offline(True)
        draw(page, "7")
        press_predict(page)
        wait_until(
            "1 prediction waits in this page: keep it open until the server answers.",
            page,
        )
        context.set_offline(False)
        expect(page.get_by_role("status")).to_contain_text("Recorded.")
        assert len([each for each in records(page) if each not in before]) == 1


def test_previews_by_the_server_work_without_abort_signal_any(page: Page) -> None:
    page.route("**/static/model/network.bin", lambda route: route.abort())
    page.add_init_script("delete AbortSignal.any")
    reload(page)
    draw(page, "7")
    expect(page.locator("#headline")).to_have_text("7")
