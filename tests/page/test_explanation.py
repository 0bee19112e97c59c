"""The explanation: the ink behind the result, the steps through the network, and other networks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import any_screen
from tools.hand import drag, draw


@pytest.fixture
def explanation(page: Page) -> Locator:
    """The open explanation of a drawn 7."""
    draw(page, "7")
    page.get_by_role("button", name="Why?").click()
    explanation = page.get_by_role("region", name="Explanation")
    expect(explanation).to_be_visible()
    return explanation


def test_a_blank_canvas_cannot_be_explained(page: Page) -> None:
    expect(page.get_by_role("button", name="Why?")).to_be_disabled()


def test_the_evidence_lies_over_the_ink(page: Page, explanation: Locator) -> None:
    expect(explanation.get_by_role("heading", name=re.compile(r"Why 7 and not \d\?"))).to_be_visible()
    drawing = explanation.locator(".evidence img").bounding_box()
    overlays = [overlay.bounding_box() for overlay in explanation.locator(".overlay").all()]
    assert len(overlays) == 2
    assert drawing is not None
    for overlay in overlays:
        assert overlay is not None
        # The ink fills the middle 20 of the 28 pixels, so the overlay extends beyond it on every side.
        assert overlay["width"] == pytest.approx(overlay["height"], rel=0.08)  # rounded to whole pixels of 20
        assert overlay["x"] < drawing["x"] + 0.32 * drawing["width"]
        assert overlay["x"] + overlay["width"] > drawing["x"] + 0.74 * drawing["width"]
    shown = explanation.locator(".overlay.for").evaluate("overlay => getComputedStyle(overlay).maskImage")
    assert shown.startswith('url("data:image/png')


def test_the_steps_lead_from_the_drawing_to_ten_probabilities(page: Page, explanation: Locator) -> None:
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
            written = re.search(r"(\d+) feature maps of (\d+) x", stage.inner_text())
            assert written
            expect(maps).to_have_count(int(written[1]))
            assert maps.first.evaluate("image => image.naturalWidth") == int(written[2])
    expect(stage.locator(".bars li")).to_have_count(10)
    expect(stage.locator(".bars .best")).to_have_attribute("data-digit", "7")
    explanation.get_by_role("button", name="Layer 1", exact=True).click()
    expect(stage).to_contain_text(f"3 of {count}: Layer 1")


@any_screen
def test_other_networks_read_the_same_drawing_with_and_without_normalization(explanation: Locator) -> None:
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
def test_a_failed_explanation_shows_the_error_message(page: Page) -> None:
    draw(page, "7")
    problem = {"status": 503, "code": "explanation_unavailable", "detail": "The other networks are missing."}
    page.route("**/explain", lambda route: route.fulfill(status=503, json=problem))
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#notice")).to_contain_text("The other networks are missing.")
