"""The page of calls, in Chromium: each call of the contract is there and can be made."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def open_call(page: Page, server: str, method: str, path: str) -> None:
    page.goto(f"{server}/api")
    page.locator("summary", has=page.get_by_text(path, exact=True)).filter(has_text=method).click()


def test_a_prediction_can_be_tried(page: Page, server: str) -> None:
    open_call(page, server, "POST", "/predict")
    call = page.locator("details[open]")
    call.get_by_label("record:").fill("false")
    call.get_by_role("button", name="Send").click()
    expect(call.get_by_role("status")).to_contain_text("200 OK")
    expect(call.get_by_role("status")).to_contain_text('"digit": 1')


def test_a_key_is_sent_along(page: Page, server: str) -> None:
    open_call(page, server, "POST", "/predict")
    call = page.locator("details[open]")
    call.get_by_label("Idempotency-Key:").fill("tried on the page")
    call.get_by_role("button", name="Send").click()
    expect(call.get_by_role("status")).to_contain_text('"code": "bad_idempotency_key"')


def test_a_refusal_is_shown_as_it_came(page: Page, server: str) -> None:
    open_call(page, server, "POST", "/predict")
    call = page.locator("details[open]")
    call.get_by_label("Body").fill("no drawing")
    call.get_by_role("button", name="Send").click()
    expect(call.get_by_role("status")).to_contain_text("400 Bad Request")
    expect(call.get_by_role("status")).to_contain_text('"code": "not_a_data_url"')


def test_every_call_of_the_contract_is_there(page: Page, server: str) -> None:
    page.goto(f"{server}/api")
    expect(page.get_by_text("Loading")).to_have_count(0)
    contract = page.request.get(f"{server}/openapi.json").json()
    expect(page.locator("details.call")).to_have_count(sum(len(methods) for methods in contract["paths"].values()))
