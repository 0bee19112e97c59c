"""The API page in Chromium: every operation of the API description is listed and can be tried."""

from __future__ import annotations

import subprocess
import uuid
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect

from backend.records.ids import key_time
from tests.page.conftest import any_screen
from tools.chromium import visit

# The layout shifts so far, added up: https://web.dev/articles/cls
LAYOUT_SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (sum += value)))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 100)));
})"""


def open_operation(page: Page, server: str, method: str, path: str) -> None:
    visit(page, f"{server}/api")
    page.locator("summary", has=page.get_by_text(path, exact=True)).filter(has_text=method).click()


def test_a_prediction_can_be_tried(page: Page, server: str) -> None:
    open_operation(page, server, "POST", "/predict")
    operation = page.locator("details[open]")
    operation.get_by_label("record:").fill("false")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_role("status")).to_contain_text("200 OK")
    expect(operation.get_by_role("status")).to_contain_text('"digit": 1')


def test_an_idempotency_key_is_sent(page: Page, server: str) -> None:
    open_operation(page, server, "POST", "/predict")
    operation = page.locator("details[open]")
    operation.get_by_label("Idempotency-Key:").fill("tried on the page")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_role("status")).to_contain_text('"code": "bad_idempotency_key"')


def test_an_error_is_shown_as_the_server_sent_it(page: Page, server: str) -> None:
    open_operation(page, server, "POST", "/predict")
    operation = page.locator("details[open]")
    operation.get_by_label("Body").fill("no drawing")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_role("status")).to_contain_text("400 Bad Request")
    expect(operation.get_by_role("status")).to_contain_text('"code": "not_a_data_url"')


def test_every_operation_is_listed(page: Page, server: str) -> None:
    visit(page, f"{server}/api")
    expect(page.get_by_text("Loading")).to_have_count(0)
    description = page.request.get(f"{server}/openapi.json").json()
    expect(page.locator("details.operation")).to_have_count(
        sum(len(methods) for methods in description["paths"].values())
    )


@any_screen
def test_nothing_moves_while_the_list_loads(page: Page, server: str) -> None:
    held: list[Route] = []
    page.route("**/openapi.json", lambda route: held.append(route))
    page.goto(f"{server}/api")
    expect(page.get_by_text("Loading")).to_be_visible()
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    expect(page.locator(".path").first).to_be_visible()
    assert page.evaluate(LAYOUT_SHIFT) < 0.01


@any_screen
def test_predict_comes_first_and_code_is_not_in_backticks(page: Page, server: str) -> None:
    visit(page, f"{server}/api")
    paths = page.locator(".path")
    expect(paths.first).to_have_text("/predict")
    expect(paths.nth(1)).to_have_text("/explain")
    assert "`" not in page.evaluate("document.querySelector('main').textContent").replace(
        page.locator("#javascript").inner_text(), ""
    )
    expect(page.locator(".description code").first).to_be_attached()


def assert_created_now(text: str) -> None:
    key = uuid.UUID(text)
    assert (str(key), key.version, key.variant) == (text, 7, uuid.RFC_4122)
    assert abs(key_time(key) - datetime.now(UTC)) < timedelta(minutes=1)


@any_screen
def test_the_examples_create_idempotency_keys(page: Page, server: str) -> None:
    visit(page, f"{server}/api")
    page.get_by_role("link", name="idempotency key").click()
    bash, python, javascript = (page.locator(f"#{name}").inner_text() for name in ("bash", "python", "javascript"))
    created, _, send = bash.rpartition("\n")
    assert 'Idempotency-Key: $key" http' in send
    assert_created_now(subprocess.check_output(["bash", "-c", f'{created}\necho "$key"'], text=True).strip())
    names: dict[str, str] = {}
    exec(python, names)
    assert_created_now(names["key"])
    assert_created_now(page.evaluate(f"() => {{ {javascript} return key; }}"))
