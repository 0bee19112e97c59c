"""Several people label on /label, each in a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.conftest import running_server
from tests.page.conftest import PATIENT, SCREENS, any_screen
from tests.page.test_access import violations
from tests.page.test_recorder import record
from tools.chromium import reload, visit


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[str]:
    """The URL of a server without records."""
    with running_server(tmp_path, **PATIENT) as running:
        yield running.url


def opened(browser: Browser, url: str, path: str, screen: str) -> Page:
    page = browser.new_context(base_url=url, **SCREENS[screen]).new_page()
    visit(page, path)
    return page


def label(page: Page, key: str) -> None:
    with page.expect_response("**/labeling/labels") as sent:
        page.keyboard.press(key)
    assert sent.value.status == 204


def test_two_people_label_and_the_operator_decides(browser: Browser, recorder: str, screen: str) -> None:
    operator = opened(browser, recorder, "/label", screen)
    drawn = record(operator, 7)
    operator.get_by_text("Label with others").click()
    operator.get_by_role("button", name="New link").click()
    link = operator.locator("#invitation")
    expect(link).to_contain_text("/label?code=")
    path = "/label" + (link.get_attribute("href") or "").partition("/label")[2]

    ada = opened(browser, recorder, path, screen)
    expect(ada.locator("#drawing")).to_have_attribute("alt", "The drawing to label, 1 left")
    assert violations(ada) == []
    bob = opened(browser, recorder, path, screen)
    expect(bob.get_by_text("Nothing is left to label now.")).to_be_visible()  # Ada has it
    bob.close()  # it asks again by itself, and could get the drawing before Ada takes her label back
    label(ada, "1")
    expect(ada.locator("#last")).to_have_text("Labeled 1.")
    label(ada, "u")
    expect(ada.locator("#drawing")).to_be_visible()
    label(ada, "1")
    bob = bob.context.new_page()
    visit(bob, path)
    expect(bob.locator("#drawing")).to_be_visible()
    label(bob, "7")
    assert operator.request.get(f"/records/{drawn['id']}").json()["label"] is None

    reload(operator)
    operator.get_by_text("Label with others").click()
    expect(operator.locator("#agreement")).to_have_text(
        "0 drawings with two labels that agree, 0 with one label, 1 to decide. Cohen's kappa: 0.00."
    )
    assert violations(operator) == []
    operator.get_by_role("link", name="Decide on doubtful labels").click()
    expect(operator.locator("#last")).to_have_text("People said 1 and 7. The network read 7.")
    with operator.expect_response("**/labeling/decisions"):
        operator.keyboard.press("7")
    expect(operator.get_by_text("No label is left to decide on.")).to_be_visible()
    assert operator.request.get(f"/records/{drawn['id']}").json()["label"] == "7"
    for page in (operator, ada, bob):
        page.context.close()


@any_screen
def test_others_can_be_invited_once_the_page_no_longer_moves(page: Page) -> None:
    held: list[Route] = []
    page.route("**/records?*", lambda route: held.append(route))
    with page.expect_request("**/records?*"):
        visit(page, "/label")
    expect(page.locator("#annotators")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#annotators")).to_be_visible()
