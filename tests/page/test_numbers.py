"""Numbers on the page: the digits in the answer and on the paper, wide paper, and numbers that are meant."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import predict, predict_sending
from tools.chromium import reload, visit
from tools.hand import draw


@pytest.fixture
def local_network() -> bool:
    return True


def draw_number(page: Page, number: str) -> None:
    """Draw digits that fill the width of the paper, square or wide."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    size = min(0.85 / len(number), 0.7 * box["height"] / box["width"])
    for k, digit in enumerate(number):
        draw(page, digit, left=0.04 + 0.92 / len(number) * k, top=0.2 * box["height"] / box["width"], size=size)


def digits(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^\d, .* sure, digit \d of \d$"))


def test_each_digit_has_a_button_and_a_box_and_one_is_selected(loaded: Page) -> None:
    draw_number(loaded, "206")
    expect(loaded.locator("#headline")).to_have_text("206")
    expect(loaded.get_by_role("status")).to_have_text(re.compile(r"^Read as 206, .*% sure\.$"))
    expect(digits(loaded)).to_have_text(["2", "0", "6"])
    expect(digits(loaded).nth(2)).to_have_attribute("aria-pressed", "true")
    best = loaded.locator("#bars .best")
    expect(best).to_have_attribute("data-digit", "6")
    digits(loaded).nth(1).focus()
    loaded.keyboard.press("Enter")
    expect(digits(loaded).nth(1)).to_have_attribute("aria-pressed", "true")
    expect(best).to_have_attribute("data-digit", "0")
    paper, boxes = loaded.locator("#canvas").bounding_box(), loaded.locator(".boxes .box")
    assert paper is not None
    for k, box in enumerate(boxes.all()):
        found = box.bounding_box()
        assert found is not None
        left = (found["x"] - paper["x"]) / paper["width"]
        assert 0.04 + 0.92 / 3 * k <= left <= 0.04 + 0.92 / 3 * (k + 1)
    expect(boxes.nth(1)).to_have_class("box selected")
    draw(loaded, "1", left=0.8, top=0.75, size=0.2)
    expect(digits(loaded)).not_to_have_count(3)


@any_screen
def test_why_explains_the_selected_digit(loaded: Page) -> None:
    draw_number(loaded, "27")
    loaded.get_by_role("button", name="Why?").click()
    expect(loaded.get_by_role("heading", name=re.compile("Why 7 and not"))).to_be_visible()
    digits(loaded).first.click()
    expect(loaded.get_by_role("heading", name=re.compile("Why 2 and not"))).to_be_visible()
    expect(loaded.locator("#trace")).to_be_visible()
    box, trace = (loaded.locator(each).bounding_box() for each in (".boxes .selected", "#trace-map"))
    assert box is not None
    assert trace is not None
    assert abs(box["x"] + box["width"] / 2 - trace["x"] - trace["width"] / 2) < 0.2 * box["width"]
    with loaded.expect_request("**/explain?digit=0"):
        loaded.get_by_role("button", name="Others", exact=True).click()
    expect(loaded.locator("table.comparison .same").last).to_contain_text("2")
    predict(loaded)
    expect(digits(loaded).first).to_have_attribute("aria-pressed", "true")


@any_screen
@pytest.mark.parametrize("local_network", [False])
def test_the_server_reads_and_explains_numbers_where_the_browser_cannot(page: Page) -> None:
    draw_number(page, "27")
    expect(digits(page)).to_have_text(["2", "7"])
    page.get_by_role("button", name="Why?").click()
    expect(page.get_by_role("heading", name=re.compile("Why 7 and not"))).to_be_visible()


def test_wide_paper_has_room_for_a_number(loaded: Page) -> None:
    square = loaded.locator("#paper").bounding_box()
    loaded.get_by_role("button", name="Wide paper").click()
    expect(loaded.get_by_role("button", name="Wide paper")).to_have_attribute("aria-pressed", "true")
    paper = loaded.locator("#paper").bounding_box()
    assert square is not None
    assert paper is not None
    assert paper["width"] >= 1.9 * paper["height"]
    assert paper["width"] >= square["width"] - 1
    draw_number(loaded, "20365")
    expect(loaded.locator("#headline")).to_have_text("20365")
    sent = predict_sending(loaded)
    image = cv2.imdecode(np.frombuffer(base64.b64decode(sent["image"].split(",")[1]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    height, width = image.shape
    assert (height, width > 2 * height - 1) == (280, True)
    assert max(x for stroke in sent["strokes"] for x, _, _ in stroke) > 0.8 * width
    [record] = loaded.request.get("/records?limit=1").json()["records"]
    assert record["result"] == "20365"
    loaded.get_by_role("button", name="Wide paper").click()
    expect(loaded.locator("#headline")).to_be_empty()  # it did not fit
    loaded.get_by_role("button", name="Undo").click()
    expect(loaded.locator("#headline")).to_have_text("20365")
    last = str(loaded.locator("#ink path").last.get_attribute("d"))
    visit(loaded, f"/?record={record['id']}")
    expect(loaded.locator("#ink path")).to_have_count(len(sent["strokes"]))
    expect(loaded.locator("#ink path").last).to_have_attribute("d", last)
    expect(loaded.locator("#canvas")).to_have_attribute("width", str(width))
    expect(loaded.locator("#headline")).to_have_text("20365")
    with loaded.expect_request(re.compile(r"/predict$")) as again:
        loaded.get_by_role("button", name="Predict").click()
    replayed = again.value.post_data_json
    assert replayed is not None
    assert (replayed["image"], replayed["pen_widths"]) == (sent["image"], sent["pen_widths"])
    assert [[point[:2] for point in each] for each in replayed["strokes"]] == [
        [point[:2] for point in each] for each in sent["strokes"]
    ]


@any_screen
def test_a_wide_drawing_survives_a_reload_and_waits_for_the_server(loaded: Page, context: BrowserContext) -> None:
    loaded.get_by_role("button", name="Wide paper").click()
    draw_number(loaded, "2036")
    expect(loaded.locator("#headline")).to_have_text("2036")
    width = loaded.locator("#canvas").get_attribute("width")
    reload(loaded)
    expect(loaded.locator("#canvas")).to_have_attribute("width", str(width))
    expect(loaded.locator("#headline")).to_have_text("2036")
    expect(loaded.get_by_text("The live preview stays in this browser.")).to_be_visible()
    context.set_offline(True)
    loaded.get_by_role("button", name="Predict").click()
    expect(loaded.locator("#waiting")).to_have_text("1 prediction waits on this device.")
    context.set_offline(False)
    expect(loaded.get_by_role("status")).to_contain_text("Recorded.")
    [record] = loaded.request.get("/records?limit=1").json()["records"]
    assert record["result"] == "2036"


@any_screen
@pytest.mark.parametrize("number", ["2026", "-3.5"])
def test_the_number_that_is_meant_is_recorded(page: Page, number: str) -> None:
    draw(page, "7")
    page.get_by_label("I mean").fill(number)
    assert predict_sending(page)["expected"] == number
    expect(page.locator("#recorded")).to_contain_text(f"You meant {number}, but the network reads 7.")


@any_screen
@pytest.mark.parametrize(("path", "fields"), [("/", 2), ("/recorder", 1), ("/label", 1)])
def test_a_number_is_typed_on_a_keyboard_that_has_a_minus(page: Page, path: str, fields: int) -> None:
    visit(page, path)
    if path == "/":
        draw(page, "7")
        page.get_by_role("button", name="Predict").click()
        expect(page.locator("#correction")).to_be_visible()  # it has a field, too
    modes = page.locator("input[pattern^='-?']").evaluate_all("fields => fields.map(field => field.inputMode)")
    assert modes == [""] * fields  # the keypads of an iPhone, numeric and decimal, have none


@any_screen
def test_what_is_no_number_cannot_be_meant(page: Page) -> None:
    draw(page, "7")
    page.get_by_label("I mean").fill("3.")
    page.get_by_role("button", name="Predict").click()
    assert page.evaluate("document.activeElement.id") == "expected"
    assert page.evaluate("document.activeElement.validity.patternMismatch")
