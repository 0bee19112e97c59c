"""The recorder page: browse, filter, correct, delete, export, replay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from backend.settings import TOP
from tests.page.conftest import SCREENS, any_screen, not_in_firefox, visitor
from tests.page.test_draw import predict
from tests.page.test_png import canvas_image
from tests.waiting import wait_for
from tools import drawings
from tools.chromium import reload, visit
from tools.hand import DIGITS, drag, placed

HEIC = TOP / "tests" / "reading" / "heic" / "seven.heic"
DASH = "\N{EN DASH}"
STROKES = [
    [[280 * x, 280 * y, 10 * i] for i, (x, y) in enumerate(stroke)] for stroke in placed(DIGITS["7"], 0.2, 0.15, 0.65)
]


@pytest.fixture
def page(browser: Browser, own_server: str, screen: str) -> Iterator[Page]:
    """A page of a server whose recorder is empty before each test."""
    with visitor(browser, own_server, locale="en-GB", timezone_id="Asia/Tokyo", **SCREENS[screen]) as page:
        yield page
        while records := page.request.get("/records").json()["records"]:
            for record in records:
                page.request.delete(f"/records/{record['id']}")


def record(page: Page, digit: int, **more: Any) -> dict[str, Any]:
    image = drawings.as_data_url(drawings.as_file(drawings.draw(digit)))
    prediction: dict[str, Any] = page.request.post("/predict", data={"image": image, **more}).json()
    assert prediction["recorded"] == "stored"
    return prediction


def row(page: Page, prediction: dict[str, Any]) -> Locator:
    return page.locator(f"tr[data-id='{prediction['id']}']")


def rows(page: Page) -> Locator:
    return page.locator("#records tbody tr")


def open_record(page: Page, prediction: dict[str, Any]) -> Locator:
    row(page, prediction).get_by_role("button").click()
    dialog = page.locator("#record")
    expect(dialog).to_be_visible()
    return dialog


def top_and_bottom(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


def test_an_empty_recorder_says_what_to_do(page: Page) -> None:
    visit(page, "/recorder")
    expect(page.get_by_text("No predictions here yet")).to_be_visible()
    expect(page.locator("#columns")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight") <= page.evaluate("innerHeight")


@any_screen
def test_a_filter_without_matches_says_that_there_are_other_predictions(page: Page) -> None:
    record(page, 7)
    visit(page, "/recorder?day=2001-01-01")
    expect(page.get_by_text("No prediction matches this filter")).to_be_visible()
    expect(page.get_by_text("No predictions here yet")).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("No prediction matches this filter")).to_be_hidden()


def test_a_row_shows_time_drawing_result_confidence_verdict_correction_and_source(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="mine.png")
    page.request.patch(f"/records/{prediction['id']}", data={"label": "1"})
    visit(page, "/recorder")
    cells = row(page, prediction).locator("td")
    expect(cells.nth(0)).to_have_text(re.compile(r"\d\d:\d\d:\d\d$"))
    expect(cells.nth(2)).to_have_text(prediction["result"])
    expect(cells.nth(3)).to_contain_text("%")
    expect(cells.nth(4)).to_have_text(re.compile("^(sure|unsure|not a digit)$"))
    expect(cells.nth(5)).to_have_text("1")
    expect(cells.nth(6)).to_have_text("picture: mine.png")


@any_screen
@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_the_table_fits_without_horizontal_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    record(page, 0)
    name = "a photograph with a long name.png"
    dot = drawings.as_data_url(drawings.as_file(np.pad(np.zeros((140, 140), np.uint8), 70, constant_values=255)))
    prediction = page.request.post("/predict", data={"image": dot, "source": "upload", "file_name": name}).json()
    assert prediction["result"] == "not a digit"
    page.request.patch(f"/records/{prediction['id']}", data={"label": "not_a_digit"})
    visit(page, "/recorder")
    expect(row(page, prediction)).to_be_visible()
    needed, available = page.locator(".table-scroll").evaluate("table => [table.scrollWidth, table.clientWidth]")
    assert needed <= available
    dialog = open_record(page, prediction)
    expect(dialog).to_contain_text("Verdict")
    expect(dialog).to_contain_text(f"picture: {name}")


@any_screen
@pytest.mark.parametrize("locale", ["en", "de", "fr", "es", "zh"])
def test_the_dialog_fits_a_narrow_phone(page: Page, browser: Browser, own_server: str, locale: str) -> None:
    prediction = record(page, 7)
    with visitor(browser, own_server, locale=locale, viewport={"width": 320, "height": 568}) as phone:
        visit(phone, "/recorder")
        dialog = open_record(phone, prediction)
        needed, available = dialog.evaluate("dialog => [dialog.scrollWidth, dialog.clientWidth]")
        assert needed <= available


@any_screen
def test_times_are_in_the_time_zone_of_the_viewer(page: Page) -> None:
    prediction = record(page, 7)
    visit(page, "/recorder")
    expected = page.evaluate(
        "date => new Date(date).toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' })", prediction["date"]
    )
    expect(row(page, prediction).locator("time")).to_contain_text(expected)


def test_the_newest_record_is_first_and_new_records_appear_automatically(page: Page) -> None:
    first = record(page, 1)
    visit(page, "/recorder")
    expect(rows(page)).to_have_count(1)
    second = record(page, 2)
    expect(rows(page)).to_have_count(2)
    ids = rows(page).evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert ids == [second["id"], first["id"]]


@any_screen
def test_older_and_newer_turn_the_pages(page: Page) -> None:
    predictions = [record(page, i % 10) for i in range(52)]
    visit(page, "/recorder")
    shown = page.locator("#range")
    expect(shown).to_have_text(f"1{DASH}50 of 52 predictions")
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.get_by_role("button", name="Older").click()
    expect(shown).to_have_text(f"51{DASH}52 of 52 predictions")
    expect(shown).to_be_in_viewport()
    expect(page.get_by_role("region", name="Table of predictions")).to_be_focused()
    expect(rows(page)).to_have_count(2)
    expect(row(page, predictions[0])).to_be_visible()
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    reload(page)
    expect(shown).to_have_text(f"51{DASH}52 of 52 predictions")
    page.get_by_role("button", name="Newer").click()
    expect(rows(page)).to_have_count(50)
    page.go_back()
    expect(rows(page)).to_have_count(2)

    dialog = open_record(page, predictions[1])
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog).to_contain_text(predictions[2]["id"])  # on the newer page
    expect(rows(page)).to_have_count(50)
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text(predictions[1]["id"])
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text(predictions[0]["id"])
    expect(dialog.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Newest").click()
    expect(rows(page)).to_have_count(50)


@any_screen
def test_a_page_that_is_opened_by_its_address_leads_to_newer_ones(page: Page) -> None:
    predictions = [record(page, i % 10) for i in range(102)]
    visit(page, "/recorder")
    shown = page.locator("#range")
    expect(rows(page)).to_have_count(50)
    for first in (51, 101):
        page.get_by_role("button", name="Older").click()
        expect(shown).to_have_text(re.compile(f"^{first}{DASH}"))
    bookmark = page.url

    visit(page, "/")
    visit(page, bookmark)
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Newer").click()
    expect(shown).to_have_text(f"51{DASH}100 of 102 predictions")
    expect(row(page, predictions[2])).to_be_visible()
    expect(row(page, predictions[1])).to_have_count(0)
    page.get_by_role("button", name="Newer").click()
    expect(shown).to_have_text(f"1{DASH}50 of 102 predictions")
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()

    # Meanwhile there are more predictions, so that the pages begin elsewhere.
    predictions.append(record(page, 3))
    visit(page, "/")
    visit(page, bookmark)
    dialog = open_record(page, predictions[1])
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog).to_contain_text(predictions[2]["id"])
    expect(shown).to_have_text(f"101{DASH}103 of 103 predictions")
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog).to_contain_text(predictions[3]["id"])
    expect(shown).to_have_text(f"51{DASH}100 of 103 predictions")


@any_screen
def test_a_search_for_newer_predictions_that_fails_leaves_the_page(page: Page) -> None:
    for digit in range(2):
        record(page, digit)
    cursor = page.request.get("/records?limit=1").json()["next"]
    visit(page, f"/recorder?before={cursor}&from=2")
    expect(rows(page)).to_have_count(1)
    page.route(re.compile("/records.limit=50$"), lambda route: route.abort())
    page.get_by_role("button", name="Newer").click()
    expect(page.get_by_role("status")).to_contain_text("can't be reached. Trying again")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#range")).to_have_text("2 of 2 predictions")
    page.unroute_all()
    page.get_by_role("button", name="Newer").click()
    expect(rows(page)).to_have_count(2)


def test_filters_select_rows_and_are_kept_in_the_url_and_the_download_links(page: Page) -> None:
    drawn, uploaded = record(page, 7, source="canvas"), record(page, 1, source="upload", file_name="one.png")
    page.request.patch(f"/records/{drawn['id']}", data={"label": "1"})
    visit(page, "/recorder")
    filters = page.get_by_role("form", name="Filter")
    for field, value, left in [
        ("Result", uploaded["result"], uploaded),
        ("Source", "canvas", drawn),
        ("Corrected", "true", drawn),
        ("Corrected", "false", uploaded),
    ]:
        filters.get_by_label(field).select_option(value)
        expect(rows(page)).to_have_count(1)
        expect(row(page, left)).to_be_visible()
        reload(page)
        expect(rows(page)).to_have_count(1)
        assert "&" in (page.get_by_role("link", name="CSV").get_attribute("href") or "")
        page.get_by_role("button", name="Show all").click()
        expect(rows(page)).to_have_count(2)
    filters.get_by_label("Verdict").select_option(drawn["verdict"])
    expect(row(page, drawn)).to_be_visible()
    filters.get_by_label("Day").fill("2001-01-01")
    expect(rows(page)).to_have_count(0)
    filters.get_by_label("Day").fill(drawn["date"][:10])
    expect(row(page, drawn)).to_be_visible()


@any_screen
def test_downloads_contain_the_records_that_match_the_filter(page: Page) -> None:
    seven = record(page, 7, source="canvas")
    record(page, 1, source="upload", file_name="one.png")
    visit(page, "/recorder?source=canvas")
    for name in ("CSV", "JSON Lines", "IDX (MNIST)", "NPZ"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        data = Path(download.value.path()).read_bytes()
        assert data
        if name == "JSON Lines":
            assert [json.loads(line)["id"] for line in data.splitlines()] == [seven["id"]]


def test_a_record_is_corrected_and_the_correction_removed(page: Page) -> None:
    prediction = record(page, 7)
    visit(page, "/recorder")
    dialog = open_record(page, prediction)
    dialog.get_by_label("Correction").select_option("1")
    expect(row(page, prediction).locator("td").nth(5)).to_have_text("1")
    expect(row(page, prediction).locator("td").nth(2)).to_have_text(prediction["result"])
    dialog.get_by_label("Correction").select_option("")
    expect(row(page, prediction).locator("td").nth(5)).to_have_text("")


@any_screen
def test_a_number_has_its_digits_and_is_corrected_to_another_number(page: Page) -> None:
    image = drawings.as_data_url(drawings.as_file(drawings.draw_strokes(drawings.number_strokes("20"))))
    prediction: dict[str, Any] = page.request.post("/predict", data={"image": image}).json()
    visit(page, "/recorder")
    dialog = open_record(page, prediction)
    digits = dialog.get_by_role("rowheader").get_by_role("button")
    expect(digits).to_have_text(["2", "0"])
    dialog.get_by_role("button", name="Why?").click()
    expect(dialog.get_by_role("figure")).to_contain_text("supports 0")
    digits.first.click()
    expect(dialog.get_by_role("figure")).to_contain_text("supports 2")
    dialog.get_by_label("Correction").select_option("number")
    dialog.get_by_role("textbox", name="Number").press_sequentially("-3.5")
    dialog.get_by_role("textbox", name="Number").press("Tab")
    expect(row(page, prediction).locator("td").nth(5)).to_have_text("-3.5")
    dialog.get_by_role("button", name="Close").click()
    open_record(page, prediction)
    expect(dialog.get_by_role("textbox", name="Number")).to_have_value("-3.5")


def test_deletion_asks_first_and_is_permanent(page: Page) -> None:
    prediction = record(page, 7)
    visit(page, "/recorder")
    dialog = open_record(page, prediction)
    dialog.get_by_role("button", name="Delete").click()
    confirmation = page.get_by_role("dialog", name="Delete this prediction permanently?")
    confirmation.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_visible()
    expect(row(page, prediction)).to_have_count(1)
    dialog.get_by_role("button", name="Delete").click()
    confirmation.get_by_role("button", name="Delete permanently").click()
    expect(dialog).to_be_hidden()
    expect(row(page, prediction)).to_have_count(0)
    assert page.request.get(f"/records/{prediction['id']}").status == 404


def cell(page: Page, chart: str, row: str, column: int | str) -> Locator:
    """The count of a row, by its heading, and a column; 10 is numbers, 11 "not a digit"."""
    found = page.get_by_role("table", name=chart).get_by_role("row").filter(has=page.get_by_role("rowheader", name=row))
    return found.get_by_role("cell").nth(12 if column == "all" else int(column))


def test_counts_lead_to_the_predictions_behind_them(page: Page, screen: str) -> None:
    misread, right = record(page, 7, expected="1"), record(page, 7, expected=record(page, 7)["result"])
    digit = misread["digit"]
    visit(page, "/recorder")
    if screen != "desktop":
        page.get_by_text("Statistics").click()
    expect(cell(page, "Intended digits", "1", digit)).to_have_text("1")
    expect(cell(page, "Results by day", "", digit)).to_have_text("3")
    cell(page, "Intended digits", "1", digit).get_by_role("link").click()
    expect(rows(page)).to_have_count(1)
    expect(row(page, misread)).to_be_visible()
    expect(page.get_by_label("Intended")).to_have_value("1")
    expect(page.locator("#range")).to_have_text("1 prediction")
    page.go_back()
    expect(rows(page)).to_have_count(3)
    cell(page, "Intended digits", right["result"], "all").get_by_role("link").click()
    expect(row(page, right)).to_be_visible()
    expect(rows(page)).to_have_count(1)
    cell(page, "Results by day", "", "all").get_by_role("link").click()
    expect(page.get_by_label("Day")).to_have_value(misread["date"][:10])
    expect(rows(page)).to_have_count(3)


@any_screen
def test_a_count_leads_to_its_prediction_however_many_newer_ones_there_are(page: Page) -> None:
    wanted, newest = record(page, 7, expected="1"), record(page, 7)
    visit(page, "/recorder")
    count = cell(page, "Intended digits", "1", wanted["digit"])
    expect(count).to_have_text("1")
    before = page.request.get("/records?limit=1").json()["next"]
    searched = iter(range(12))  # more than one search of the page: each of these finds nothing in time

    def too_many_to_search(route: Route) -> None:
        if next(searched, None) is None:
            route.continue_()
        else:
            route.fulfill(json={"records": [], "next": before})

    page.route("**/records?*label=1*", too_many_to_search)
    count.get_by_role("link").click()
    expect(row(page, wanted)).to_be_visible()
    expect(row(page, newest)).to_have_count(0)
    expect(page.locator("#range")).to_have_text("1 prediction")


@any_screen
def test_a_photograph_with_strokes_on_it_opens_as_it_was_sent(page: Page) -> None:
    visit(page, "/")
    photograph = drawings.as_file(np.pad(np.full((20, 160), 60, np.uint8), 60, constant_values=210))
    page.locator("#file").set_input_files({"name": "board.png", "mimeType": "image/png", "buffer": photograph})
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))
    page.get_by_label("Pen width").fill("10")
    drag(page, [(0.3, 0.2), (0.7, 0.8)])
    drawn, prediction = canvas_image(page), predict(page)
    visit(page, f"/?record={prediction['id']}")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))
    assert canvas_image(page) == drawn
    again = predict(page)
    names = [page.request.get(f"/records/{each['id']}").json()["file_name"] for each in (prediction, again)]
    assert names == ["board.png", "board.png"]
    assert again["probabilities"] == prediction["probabilities"]


@any_screen
def test_the_statistics_say_when_their_days_begin_here(page: Page) -> None:
    record(page, 7)
    visit(page, "/recorder")
    expect(page.get_by_text("Days are UTC: here each begins at 09:00.")).to_be_visible()


def test_downloads_and_statistics_come_before_the_table_or_beside_it(page: Page) -> None:
    record(page, 7)
    visit(page, "/recorder")
    expect(rows(page)).to_have_count(1)
    top, bottom = top_and_bottom(page, "#records")
    assert top_and_bottom(page, "#exports")[1] <= top
    assert top_and_bottom(page, "#statistics")[0] < bottom


@any_screen
def test_the_dialog_shows_probabilities_and_which_ink_supports_the_result(page: Page) -> None:
    first, second = record(page, 7), record(page, 1)
    visit(page, "/recorder")
    dialog = open_record(page, first)
    expect(dialog.get_by_role("heading")).to_have_text(f"Read as {first['result']}")
    best = dialog.get_by_role("row").filter(has=page.get_by_role("rowheader", name=str(first["digit"])))
    expect(best).to_contain_text("%")
    width = "bar => getComputedStyle(bar).getPropertyValue('--fraction')"
    assert float(best.locator(".bar").evaluate(width)) == pytest.approx(max(first["probabilities"]))
    dialog.get_by_role("button", name="Why?").click()
    expect(dialog.get_by_role("figure")).to_contain_text(f"supports {first['digit']}")
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog.get_by_role("figure")).to_contain_text(f"supports {second['digit']}")
    dialog.get_by_role("button", name="Why?").click()
    expect(dialog.get_by_role("figure")).to_have_count(0)
    expect(dialog.get_by_role("img", name="The drawing as it was sent")).to_be_visible()


def test_the_focus_stays_in_the_table_after_a_correction_and_a_deletion(page: Page) -> None:
    older, newer = record(page, 7), record(page, 1)
    visit(page, "/recorder")
    dialog = open_record(page, newer)
    dialog.get_by_label("Correction").select_option("3")
    expect(row(page, newer).locator("td").nth(5)).to_have_text("3")
    dialog.get_by_role("button", name="Close").click()
    expect(row(page, newer).get_by_role("button")).to_be_focused()
    open_record(page, newer).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(row(page, newer)).to_have_count(0)
    expect(row(page, older).get_by_role("button")).to_be_focused()


@any_screen
def test_a_correction_that_leaves_the_filter_is_followed_by_the_next_prediction(page: Page) -> None:
    older, newer = record(page, 7), record(page, 1)
    visit(page, "/recorder?corrected=false")
    dialog = open_record(page, newer)
    dialog.get_by_label("Correction").select_option("3")
    expect(row(page, newer)).to_have_count(0)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog).to_contain_text(older["id"])


@not_in_firefox("Playwright can't simulate printing there")
@any_screen
def test_print_has_the_statistics_below_the_table_with_their_colors(page: Page) -> None:
    record(page, 7, expected="7")
    page.set_viewport_size({"width": 793, "height": 1122})  # A4
    visit(page, "/recorder")
    expect(rows(page)).to_have_count(1)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert top_and_bottom(page, "#confusion")[0] > top_and_bottom(page, "#records")[1]
    shaded = page.locator("#confusion .cell").first
    assert shaded.evaluate("cell => getComputedStyle(cell).printColorAdjust") == "exact"
    expect(page.locator("#filters")).to_be_hidden()


@any_screen
def test_the_number_of_matches_is_shown_where_the_counts_tell_it(page: Page) -> None:
    days = [{"day": f"2026-11-{day}", "result": result, "count": 1000} for day in (25, 26) for result in ("7", "1")]
    confusion = [
        {"meant": "7", "read": "7", "count": 8},
        {"meant": "7", "read": "not_a_digit", "count": 2},
    ]
    visit(page, "/recorder")
    matching = page.evaluate(
        "async ([counts, filters]) => {"
        " const { countMatching } = await import('/static/js/model/counts.js');"
        " return filters.map(filter => countMatching(counts, new URLSearchParams(filter))) }",
        [
            {"days": days, "confusion": confusion},
            ["", "result=7", "day=2026-11-25&result=7", "label=7", "label=7&result=not a digit", "verdict=unsure"],
        ],
    )
    assert matching == [4000, 2000, 1000, 10, 2, None]
    texts = page.evaluate(
        "async () => { const { rangeText } = await import('/static/js/model/place.js');"
        " return [rangeText({ from: 1 }, 50, false, 4000), rangeText({ from: 51 }, 3, false, null),"
        " rangeText({ from: 51 }, 1, true, null), rangeText({ from: 1 }, 1, true, null)] }"
    )
    assert texts == [
        f"1{DASH}50 of 4,000 predictions",
        f"51{DASH}53, and older ones",
        "51 of 51 predictions",
        "1 prediction",
    ]


def test_a_drawing_is_replayed_stroke_by_stroke_on_the_canvas(page: Page) -> None:
    prediction = record(page, 7, strokes=STROKES)
    visit(page, "/recorder")
    open_record(page, prediction).get_by_role("link", name="Open on the canvas").click()
    expect(page.get_by_role("status")).to_contain_text("7")
    points = page.locator("#ink path").get_attribute("d")
    assert points is not None
    x, y, _ = STROKES[0][-1]
    assert points.endswith(f"L{x:.1f} {y:.1f}")


def test_a_replayed_drawing_looks_as_it_was_drawn(page: Page) -> None:
    visit(page, "/")
    page.get_by_label("Pen width").fill("10")
    drag(page, [(0.2, 0.15), (0.75, 0.15)])
    page.get_by_label("Pen width").fill("30")
    drag(page, [(0.75, 0.15), (0.55, 0.5), (0.4, 0.9)])
    drawn = canvas_image(page)
    prediction = predict(page)
    visit(page, f"/?record={prediction['id']}")
    expect(page.locator("#result")).to_have_attribute("data-kind", re.compile("digit|unsure"))
    wait_for(lambda: canvas_image(page) == drawn)  # until the last stroke is replayed
    widths = page.locator("#ink path").evaluate_all("paths => paths.map(path => path.getAttribute('stroke-width'))")
    assert widths == ["10", "30"]


@any_screen
def test_a_record_without_pen_widths_is_replayed_with_the_default_width(page: Page) -> None:
    prediction = record(page, 7, strokes=STROKES)
    assert page.request.get(f"/records/{prediction['id']}").json()["pen_widths"] is None
    visit(page, f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink path")).to_have_attribute("stroke-width", "18")


@any_screen
def test_a_picture_with_strokes_on_it_opens_as_a_picture(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="seven.png", strokes=STROKES, pen_widths=[12])
    visit(page, f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))
    expect(page.locator("#ink path")).to_have_count(0)


def test_a_recorded_picture_opens_on_the_canvas(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="seven.png")
    visit(page, f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))


@any_screen
@pytest.mark.parametrize("suffix", [".heic", ".tiff"])
def test_a_picture_of_a_type_that_not_every_browser_shows_is_shown(page: Page, suffix: str) -> None:
    file = HEIC.read_bytes() if suffix == ".heic" else drawings.as_file(drawings.draw(7), suffix)
    prediction = page.request.post("/predict", data={"image": drawings.as_data_url(file)}).json()
    visit(page, "/recorder")
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert row(page, prediction).locator("img").evaluate(width) == 280
    dialog = open_record(page, prediction)
    assert dialog.get_by_role("img", name="The drawing as it was sent").evaluate(width) == 280
    dialog.get_by_role("button", name="Why?").click()
    assert dialog.locator(".evidence img").evaluate(width) == 280


@any_screen
def test_an_unreachable_server_gets_a_notice_and_is_polled_again(page: Page) -> None:
    prediction = record(page, 7)
    visit(page, "/recorder")
    expect(row(page, prediction)).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("can't be reached. Trying again")
    expect(row(page, prediction)).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("")
