"""Why: what spoke for the answer, the way through the network, other networks beside it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import any_screen
from tools.hand import drag, draw


@pytest.fixture
def explanation(page: Page) -> Locator:
    """Of a drawn 7, opened."""
    draw(page, "7")
    page.get_by_role("button", name="Why?").click()
    explanation = page.get_by_role("region", name="Why")
    expect(explanation).to_be_visible()
    return explanation


def test_there_is_nothing_to_explain_before_anything_is_drawn(page: Page) -> None:
    expect(page.get_by_role("button", name="Why?")).to_be_disabled()


def test_what_spoke_for_and_against_lies_over_the_ink(page: Page, explanation: Locator) -> None:
    expect(explanation.get_by_role("heading", name=re.compile(r"Why 7 and not \d\?"))).to_be_visible()
    drawing = explanation.locator(".evidence img").bounding_box()
    veils = [veil.bounding_box() for veil in explanation.locator(".veil").all()]
    assert len(veils) == 2
    assert drawing is not None
    for veil in veils:
        assert veil is not None
        # The 28 x 28 holds the ink in its middle 20: the veil is wider than the ink, and around it.
        assert veil["width"] == pytest.approx(veil["height"], rel=0.08)  # whole pixels of 20
        assert veil["x"] < drawing["x"] + 0.32 * drawing["width"]
        assert veil["x"] + veil["width"] > drawing["x"] + 0.74 * drawing["width"]
    shown = explanation.locator(".veil.for").evaluate("veil => getComputedStyle(veil).maskImage")
    assert shown.startswith('url("data:image/png')


def test_the_way_is_walked_from_the_drawing_to_ten_numbers(page: Page, explanation: Locator) -> None:
    stage = explanation.locator(".stage")
    count = explanation.locator(".step").count()
    assert count >= 5
    expect(stage).to_contain_text(f"1 of {count}: Drawing")
    for step in range(2, count + 1):
        explanation.get_by_role("button", name="Next").click()
        expect(stage).to_contain_text(f"{step} of {count}")
        maps = stage.locator(".maps img")
        if step == 2:
            assert maps.first.evaluate("image => image.naturalWidth") == 28
        elif step < count:
            written = re.search(r"(\d+) pictures of (\d+) x", stage.inner_text())
            assert written
            expect(maps).to_have_count(int(written[1]))
            assert maps.first.evaluate("image => image.naturalWidth") == int(written[2])
    expect(stage.locator(".bars li")).to_have_count(10)
    expect(stage.locator(".bars .best")).to_have_attribute("data-digit", "7")
    explanation.get_by_role("button", name="Layer 1", exact=True).click()
    expect(stage).to_contain_text(f"3 of {count}: Layer 1")


@any_screen
def test_other_networks_read_the_same_drawing_with_and_without_mnists_form(explanation: Locator) -> None:
    rows = explanation.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    for row in rows.all()[1:3]:
        expect(row.get_by_role("cell")).to_contain_text([re.compile(r"^\d .*%"), re.compile(r"^\d .*%")])
    expect(rows.last).to_contain_text("7")


def test_the_explanation_follows_the_drawing_and_closes_with_it(page: Page, explanation: Locator) -> None:
    explanation.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Clear").click()
    expect(explanation).to_be_hidden()
    draw(page, "1")
    page.get_by_role("button", name="Why?").click()
    expect(explanation.get_by_role("heading", name=re.compile("Why 1"))).to_be_visible()
    with page.expect_response("**/explain"):
        drag(page, [(0.3, 0.15), (0.5, 0.15)])
    page.keyboard.press("w")
    expect(explanation).to_be_hidden()


@any_screen
def test_a_failed_explanation_is_said(page: Page) -> None:
    draw(page, "7")
    problem = {"status": 503, "code": "explanation_unavailable", "detail": "The other networks are missing."}
    page.route("**/explain", lambda route: route.fulfill(status=503, json=problem))
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#notice")).to_contain_text("The other networks are missing.")
