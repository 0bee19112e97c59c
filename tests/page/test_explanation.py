"""The explanation: the ink behind the result, the channels of each layer, and other networks, beside the paper."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import FilePayload, FloatRect, Locator, Page, expect

from backend.reading.explanation import Explainer, occlusion
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from tests.page.conftest import any_screen, not_in_firefox
from tests.page.test_picture import SEVEN
from tests.page.test_reading import sample_strokes
from tools.hand import draw, on_canvas

ASK = """async ([strokes, question]) => {
  const { Reader } = await import("/static/js/reading/reader.js");
  const reader = new Reader();
  const answer = await reader.ask({ strokes }, question);
  reader.close();
  for (const name of ["seen", "map", "values"]) if (name in answer) answer[name] = [...answer[name]];
  return answer;
}"""
BRIGHTNESS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let most = 0;
  for (let i = 0; i < data.length; i += 4) most = Math.max(most, data[i]);
  return most;
}"""


@pytest.fixture
def local_network() -> bool:
    return True


by_the_server_too = pytest.mark.parametrize("local_network", [True, False], ids=["here", "server"])


@pytest.fixture
def ready(page: Page, local_network: bool) -> Page:
    """The drawing page, after it has loaded its network."""
    if local_network:
        expect(page.get_by_text("The live preview stays in this browser.")).to_be_visible()
    return page


@pytest.fixture
def explanation(ready: Page) -> Locator:
    """The open explanation of a drawn 7."""
    draw(ready, "7")
    ready.get_by_role("button", name="Why?").click()
    explanation = ready.get_by_role("region", name="Explanation")
    expect(explanation.get_by_role("heading", name=re.compile(r"Why 7 and not \d\?"))).to_be_visible()
    return explanation


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


@any_screen
@by_the_server_too
def test_the_colored_ink_lies_on_the_paper(page: Page, explanation: Locator) -> None:
    expect(page.locator("#trace")).to_be_visible()
    paper, colored = box_of(page.locator("#paper")), box_of(page.locator("#trace-map"))
    # The ink fills the middle 20 of the 28 pixels, so the 28x28 extends beyond it on every side.
    assert colored["width"] == pytest.approx(colored["height"], rel=0.08)  # rounded to whole pixels of 20
    assert colored["x"] < paper["x"] + 0.32 * paper["width"]
    assert colored["x"] + colored["width"] > paper["x"] + 0.74 * paper["width"]


@not_in_firefox("it shows a scrollbar, which phones don't have, and the controls wrap")
def test_paper_and_explanation_are_visible_together_and_keep_their_height(page: Page, explanation: Locator) -> None:
    heights = set()
    for step in explanation.locator(".step").all():
        step.click()
        expect(explanation.locator(".stage > *").first).to_be_visible()
        heights.add(box_of(explanation)["height"])
    assert len(heights) == 1
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#paper")).to_be_in_viewport(ratio=1)
    expect(explanation).to_be_in_viewport(ratio=0.9)


@any_screen
@by_the_server_too
def test_each_layer_has_a_sentence_and_bright_channels(explanation: Locator) -> None:
    sentences = set()
    for layer in range(1, 8):
        explanation.get_by_role("button", name=f"Layer {layer}", exact=True).click()
        text = explanation.locator(".explanation-text")
        expect(text).to_contain_text(f"Layer {layer} ")
        sentences.add(re.sub(r"\d+", "", text.inner_text()))
        shown = explanation.locator(".tile:visible canvas")
        assert shown.count() > 5
        assert min(shown.evaluate_all(f"all => all.map({BRIGHTNESS})")) > 200
    assert len(sentences) == 7
    expect(explanation.locator(".silent")).to_have_text(re.compile(r"^\d+ of 96 channels don't respond"))


@any_screen
@by_the_server_too
def test_a_channel_can_be_opened_and_closed(page: Page, explanation: Locator, local_network: bool) -> None:
    explanation.get_by_role("button", name="Layer 2", exact=True).click()
    tile = explanation.locator(".tile:visible").nth(3)
    tile.click()
    expect(tile).to_have_attribute("aria-pressed", "true")
    expect(explanation.locator(".large")).to_be_visible()
    if local_network:
        expect(explanation).to_contain_text("orange ink activates it")
        expect(page.locator("#trace")).to_be_visible()
    else:
        expect(explanation).to_contain_text("can't be traced to the ink in this browser")
        expect(page.locator("#trace")).to_be_hidden()
    explanation.get_by_role("button", name="All channels").click()
    expect(explanation.locator(".large")).to_be_hidden()
    expect(page.locator("#trace")).to_be_hidden()
    expect(tile).to_be_focused()


def test_channels_change_while_a_stroke_grows(ready: Page) -> None:
    ready.get_by_role("button", name="Why?").click()
    expect(ready.locator("#explanation")).to_contain_text("Draw a digit, and watch")
    ready.get_by_role("button", name="Layer 1", exact=True).click()
    [stroke] = on_canvas(ready, [[(0.3, 0.2), (0.7, 0.2), (0.4, 0.8)]])
    ready.mouse.move(*stroke[0])
    ready.mouse.down()
    first = ready.locator(".tile:visible canvas").first
    states = set()
    for point in stroke[1:]:
        ready.mouse.move(*point, steps=5)
        expect(first).to_be_visible()
        ready.wait_for_timeout(100)
        states.add(first.evaluate("canvas => canvas.toDataURL()"))
    assert len(states) == 2
    ready.mouse.up()


@any_screen
def test_it_stays_open_when_the_paper_is_cleared(page: Page, explanation: Locator) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(explanation).to_contain_text("Draw a digit, and watch what the network computes.")
    expect(page.locator("#trace")).to_be_hidden()
    draw(page, "1")
    expect(explanation.get_by_role("heading", name=re.compile("Why 1"))).to_be_visible()
    page.keyboard.press("w")
    expect(explanation).to_be_hidden()
    expect(page.locator("#trace")).to_be_hidden()


@any_screen
def test_the_last_steps_show_probabilities_and_other_networks(explanation: Locator) -> None:
    explanation.get_by_role("button", name="Digits").click()
    expect(explanation.locator(".bars .best")).to_have_attribute("data-digit", "7")
    explanation.get_by_role("button", name="Others").click()
    rows = explanation.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    for row in rows.all()[1:3]:
        expect(row.get_by_role("cell")).to_contain_text([re.compile(r"^\d .*%"), re.compile(r"^\d .*%")])
    expect(rows.last).to_contain_text("7")


@any_screen
def test_a_failed_explanation_shows_the_error_message(page: Page, explanation: Locator) -> None:
    problem = {"status": 503, "code": "explanation_unavailable", "detail": "The other networks are missing."}
    page.route("**/explain*", lambda route: route.fulfill(status=503, json=problem))
    draw(page, "1")
    explanation.get_by_role("button", name="Others").click()
    expect(explanation).to_contain_text("The other networks are missing.")


@any_screen
def test_a_picture_is_explained_where_it_lies_on_the_paper(ready: Page) -> None:
    ready.locator("#file").set_input_files(FilePayload(name="seven.png", mimeType="image/png", buffer=SEVEN))
    ready.get_by_role("button", name="Why?").click()
    expect(ready.locator("#trace")).to_be_visible()
    expect(ready.get_by_role("heading", name=re.compile("Why 7"))).to_be_visible()


@any_screen
def test_the_page_computes_what_the_server_computes(page: Page) -> None:
    recognizer = Recognizer(TOP)
    strokes = sample_strokes("4")
    looks: list[dict[str, Any]] = [page.evaluate(ASK, [strokes, {"layer": layer}]) for layer in (0, 6)]
    seen = np.array(looks[0]["seen"], np.uint8).reshape(28, 28)
    layers = Explainer(TOP, recognizer).layers(seen)
    for look, layer in zip(looks, (layers[0], layers[6]), strict=True):
        values = np.array(look["values"]).reshape(layer.maps.shape)
        assert np.abs(values * 255 / values.max() - layer.maps).max() < 2
    assert [shape["sees"] for shape in looks[0]["shapes"]] == [layer.sees for layer in layers]
    evidence = page.evaluate(ASK, [strokes, "evidence"])["map"]
    reading = looks[0]["reading"]
    expected = occlusion(recognizer.network, seen, reading["digit"], reading["runnerUp"])
    assert np.corrcoef(evidence, expected.ravel())[0, 1] > 0.95  # a busy machine covers every second position


@any_screen
def test_a_channel_of_the_first_layer_is_traced_to_ink(page: Page) -> None:
    """What activates it is ink: the map is 0 on paper."""
    strokes = sample_strokes("4")
    seen = np.array(page.evaluate(ASK, [strokes, {"layer": 0}])["seen"])
    trace = np.array(page.evaluate(ASK, [strokes, {"layer": 0, "channel": 3}])["map"])
    assert np.abs(trace).max() > 0
    assert np.abs(trace[seen == 0]).max() == 0
