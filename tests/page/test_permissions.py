"""What the pages offer to a visitor, to the operator, and to visitors of a public recorder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.web.permissions import SESSION_COOKIE
from tests.conftest import running_server
from tests.page.conftest import PATIENT, SCREENS, any_screen, visitor
from tests.page.test_access import violations
from tests.page.test_draw import predict
from tools.chromium import visit
from tools.drawings import SEVEN_URL
from tools.hand import draw

TOKEN = "0123456789abcdef-token"
ON_NETWORK = {"HOST": "0.0.0.0", "OPERATOR_TOKEN": TOKEN, **PATIENT}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("private"), **ON_NETWORK) as running:
        yield running.url


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server with a public recorder and one record."""
    with running_server(tmp_path_factory.mktemp("public"), RECORDER="public", **ON_NETWORK) as running:
        yield running.url


def record_of_another(page: Page) -> dict[str, Any]:
    body = {"image": SEVEN_URL, "source": "upload", "file_name": "class 7b.png"}
    made: dict[str, Any] = page.request.post("/predict", data=body).json()
    assert made["recorded"] == "stored"
    return made


def sign_in(page: Page, token: str = TOKEN) -> None:
    page.get_by_label("Operator token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def test_a_visitor_corrects_and_deletes_the_own_drawing(browser: Browser, private: str, screen: str) -> None:
    with visitor(browser, private, **SCREENS[screen]) as page:
        visit(page, "/")
        draw(page, "7")
        prediction = predict(page)
        page.locator("#labels").get_by_role("button", name="1", exact=True).click()
        expect(page.locator("#corrected")).to_contain_text("Correction saved: a 1.")
        mine = {"Digitpad-Secret": prediction["secret"]}
        assert page.request.get(f"/records/{prediction['id']}", headers=mine).json()["label"] == "1"
        page.get_by_role("button", name="Delete it from the recorder").click()
        expect(page.locator("#recorded")).to_have_text("Deleted from the recorder.")
        expect(page.locator("#correction")).to_be_hidden()
        assert page.request.get(f"/records/{prediction['id']}", headers=mine).status == 404


def test_a_visitor_reopens_only_the_own_drawings(browser: Browser, private: str, screen: str) -> None:
    with visitor(browser, private, **SCREENS[screen]) as page:
        visit(page, "/")
        draw(page, "7")
        prediction = predict(page)
        expect(page.locator("#correction")).to_be_visible()
        visit(page, f"/?record={prediction['id']}")
        expect(page.locator("#result")).to_contain_text("7")
        expect(page.locator("#notice")).to_be_empty()
        visit(page, f"/?record={record_of_another(page)['id']}")
        expect(page.locator("#notice")).to_contain_text("sign in at /recorder")


def test_the_recorder_asks_a_visitor_to_sign_in(browser: Browser, private: str, screen: str) -> None:
    with visitor(browser, private, **SCREENS[screen]) as page:
        record_of_another(page)
        visit(page, "/recorder")
        expect(page.get_by_role("heading", name="Sign in as the operator")).to_be_visible()
        for hidden in ("#filters", "#columns", "#sign-out"):
            expect(page.locator(hidden)).to_be_hidden()
        assert page.locator("#records tbody tr").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        if screen == "desktop":
            assert violations(page) == []
        sign_in(page, "not the token at all")
        expect(page.get_by_role("alert")).to_contain_text("This is not the operator token")
        expect(page.locator("#columns")).to_be_hidden()


@any_screen
def test_only_the_operator_labels_drawings(browser: Browser, private: str, screen: str) -> None:
    with visitor(browser, private, **SCREENS[screen]) as page:
        made = record_of_another(page)
        visit(page, "/label")
        expect(page.get_by_text("Only the operator may label drawings")).to_be_visible()
        expect(page.locator("#labeling")).to_be_hidden()
        page.get_by_role("link", name="sign in").click()
        expect(page.get_by_role("link", name="Label drawings")).to_be_hidden()
        sign_in(page)
        page.get_by_role("link", name="Label drawings").click()
        expect(page.locator("#labeling")).to_be_visible()
        assert page.request.delete(f"/records/{made['id']}").status == 204


def test_the_operator_signs_in_changes_records_and_signs_out(browser: Browser, private: str, screen: str) -> None:
    with visitor(browser, private, **SCREENS[screen]) as page:
        made = record_of_another(page)
        visit(page, "/recorder")
        sign_in(page)
        expect(page.locator("#sign-in")).to_be_hidden()
        page.locator(f"tr[data-id='{made['id']}']").get_by_role("button").click()
        page.get_by_label("Correction").select_option("1")
        expect(page.locator(f"tr[data-id='{made['id']}'] td").nth(5)).to_have_text("1")
        page.get_by_role("button", name="Delete…").click()
        page.get_by_role("button", name="Delete permanently").click()
        expect(page.locator(f"tr[data-id='{made['id']}']")).to_have_count(0)
        (cookie,) = [each for each in page.context.cookies() if each["name"] == SESSION_COOKIE]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert SESSION_COOKIE not in page.evaluate("document.cookie")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("#sign-in")).to_be_visible()
        assert page.request.get("/records").status == 401


def test_an_expired_session_shows_the_form_again(browser: Browser, private: str) -> None:
    with visitor(browser, private, **SCREENS["desktop"]) as page:
        visit(page, "/recorder")
        sign_in(page)
        expect(page.locator("#columns")).to_be_visible()
        page.context.clear_cookies()
        expect(page.locator("#sign-in")).to_be_visible()
        expect(page.locator("#columns")).to_be_hidden()


def test_visitors_of_a_public_recorder_change_only_their_own_records(
    browser: Browser, public: str, screen: str
) -> None:
    with visitor(browser, public, **SCREENS[screen]) as page:
        other = record_of_another(page)
        visit(page, "/")
        draw(page, "7")
        mine = predict(page)
        expect(page.locator("#correction")).to_be_visible()
        visit(page, "/recorder")
        page.locator(f"tr[data-id='{other['id']}']").get_by_role("button").click()
        dialog = page.locator("#record")
        expect(dialog).to_contain_text("Confidence")
        expect(dialog).not_to_contain_text("class 7b.png")
        for hidden in (dialog.get_by_label("Correction"), dialog.get_by_role("button", name="Delete…")):
            expect(hidden).to_be_hidden()
        if screen == "desktop":
            assert violations(page) == []
        dialog.get_by_role("button", name="Close").click()
        page.locator(f"tr[data-id='{mine['id']}']").get_by_role("button").click()
        dialog.get_by_role("button", name="Delete…").click()
        page.get_by_role("button", name="Delete permanently").click()
        expect(page.locator(f"tr[data-id='{mine['id']}']")).to_have_count(0)


def test_the_operator_signs_in_to_a_public_recorder_to_change_all(browser: Browser, public: str) -> None:
    with visitor(browser, public, **SCREENS["desktop"]) as page:
        other = record_of_another(page)
        visit(page, "/recorder")
        expect(page.locator(f"tr[data-id='{other['id']}']")).to_be_visible()
        sign_in(page)
        expect(page.locator("#sign-in")).to_be_hidden()
        page.locator(f"tr[data-id='{other['id']}']").get_by_role("button").click()
        expect(page.locator("#record")).to_contain_text("class 7b.png")
        expect(page.get_by_role("button", name="Delete…")).to_be_visible()


def test_on_this_machine_nobody_signs_in(page: Page) -> None:
    visit(page, "/recorder")
    expect(page.get_by_role("link", name="Label drawings")).to_be_visible()
    expect(page.locator("#sign-in")).to_be_hidden()
    expect(page.locator("#sign-out")).to_be_hidden()


def test_the_api_page_says_who_may_do_what_and_takes_a_secret(browser: Browser, private: str) -> None:
    with visitor(browser, private, **SCREENS["desktop"]) as page:
        made = record_of_another(page)
        visit(page, "/api")
        operation = page.locator("details").filter(has_text="DELETE /records/{record_id}")
        operation.locator("summary").click()
        expect(operation).to_contain_text("For the operator, who signs in on the Recorder page, and for whoever")
        operation.get_by_label("record_id").fill(made["id"])
        operation.get_by_label("Digitpad-Secret").fill(made["secret"])
        operation.get_by_role("button", name="Send").click()
        expect(operation.get_by_role("status")).to_contain_text("204")
