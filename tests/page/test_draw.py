"""Draw, predict, clear, and find the prediction in the recorder."""

from __future__ import annotations

import json
import re
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.page.conftest import any_screen, not_in_firefox
from tools.hand import DIGITS, drag, draw

COLOR = "button => getComputedStyle(button).backgroundColor"
PLACES = [(0.2, 0.15, 0.65), (0.03, 0.05, 0.4), (0.55, 0.55, 0.42), (0.1, 0.05, 0.88)]


def predict(page: Page) -> dict[str, Any]:
    """Press Predict and return the response."""
    with page.expect_response(re.compile(r"/predict$")) as waiting:
        page.get_by_role("button", name="Predict").click()
    prediction: dict[str, Any] = waiting.value.json()
    return prediction


def predict_sending(page: Page) -> dict[str, Any]:
    """Press Predict and return the JSON that the page sent."""
    with page.expect_request(re.compile(r"/predict$")) as sent:
        predict(page)
    assert sent.value.post_data, "no request body"
    body: dict[str, Any] = json.loads(sent.value.post_data)
    return body


@pytest.mark.parametrize("turn", [0, 1])
def test_all_ten_digits_are_read_at_every_position_and_size(page: Page, screen: str, turn: int) -> None:
    """Each digit at all four places, two of them on each screen."""
    shift = turn + (2 if screen == "phone" else 0)
    for i, digit in enumerate(DIGITS):
        draw(page, digit, *PLACES[(i + shift) % len(PLACES)])
        assert predict(page)["result"] == digit
        expect(page.get_by_role("status")).to_contain_text(f"Read as {digit},")
        page.get_by_role("button", name="Clear").click()


def test_the_result_shows_digit_confidence_bars_and_network_input(page: Page) -> None:
    draw(page, "7")
    prediction = predict(page)
    assert prediction["digit"] == 7
    status = page.get_by_role("status")
    expect(status).to_contain_text(f"{100 * prediction['probabilities'][7]:.1f}%")
    expect(status).to_contain_text("Recorded.")
    bars = page.locator("#bars li")
    expect(bars).to_have_count(10)
    parts = bars.evaluate_all("bars => bars.map(bar => Number(bar.style.getPropertyValue('--fraction')))")
    assert parts == pytest.approx(prediction["probabilities"])
    seen = page.get_by_alt_text("28 by 28 image")
    assert seen.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_clear_empties_canvas_and_result_and_can_be_undone(page: Page) -> None:
    draw(page, "7")
    predict(page)
    page.get_by_role("button", name="Clear").click()
    assert ink(page) == 0
    expect(page.get_by_role("status")).to_contain_text("Draw a digit")
    page.get_by_role("button", name="Undo").click()
    assert ink(page) > 0


def test_a_prediction_is_found_in_the_recorder(page: Page) -> None:
    draw(page, "4")
    prediction = predict(page)
    page.get_by_role("link", name="Recorder").first.click()
    row = page.locator(f"tr[data-id='{prediction['id']}']")
    expect(row).to_contain_text("4")
    expect(row).to_contain_text("drawn")
    picture = row.locator("img")
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.naturalWidth === 280", arg=picture.element_handle())


def test_predict_on_a_blank_canvas_says_so_and_sends_nothing(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#notice")).to_contain_text("draw a digit first")
    assert sent == []


def test_the_sent_image_has_280_by_280_pixels_on_every_screen(page: Page) -> None:
    draw(page, "3")
    body = predict_sending(page)
    size = page.evaluate(
        "url => new Promise(done => { const image = new Image();"
        " image.onload = () => done([image.naturalWidth, image.naturalHeight]); image.src = url })",
        body["image"],
    )
    assert size == [280, 280]


@not_in_firefox("it has no pointer without a window")
@any_screen
def test_predict_is_filled_clear_is_outlined_and_both_are_green_under_the_pointer(page: Page) -> None:
    before = {"Predict": "rgb(255, 140, 0)", "Clear": "rgba(0, 0, 0, 0)"}
    for name, color in before.items():
        button = page.get_by_role("button", name=name)
        assert button.evaluate(COLOR) == color
        button.hover()
        red, green, blue = map(int, re.findall(r"\d+", button.evaluate(COLOR)))
        assert green > 1.5 * max(red, blue)


def test_predict_says_that_it_keeps_the_drawing(page: Page) -> None:
    expect(page.get_by_role("button", name="Predict keeps the drawing")).to_be_visible()


def test_lines_are_sharp_at_every_pixel_density(page: Page) -> None:
    """The edge of a line goes from black to white within two screen pixels, at any pixel density."""
    drag(page, [(0.2, 0.5), (0.8, 0.5)])
    page.mouse.move(1, 1)
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    middle = FloatRect(x=box["x"] + box["width"] / 2, y=box["y"] + 10, width=4, height=box["height"] - 20)
    shot = page.screenshot(clip=middle)
    picture = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    column = picture[:, 2]
    assert column.min() < 30
    assert np.count_nonzero((column > 30) & (column < 225)) <= 4  # two edges


def ink(page: Page) -> int:
    """The number of dark pixels on the canvas."""
    count: int = page.locator("#canvas").evaluate(
        "canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, 280, 280); let dark = 0;"
        " for (let i = 0; i < data.length; i += 4) dark += data[i] < 128; return dark }"
    )
    return count
