"""The recorder page: browse, filter, correct, delete, export, replay."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import running_server
from tests.page.conftest import PATIENT, SCREENS, any_screen
from tests.page.test_draw import predict
from tests.page.test_png import canvas_image
from tools import drawings
from tools.hand import DIGITS, drag, placed

STROKES = [
    [[280 * x, 280 * y, 10 * i] for i, (x, y) in enumerate(stroke)] for stroke in placed(DIGITS["7"], 0.2, 0.15, 0.65)
]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server whose recorder is used only by these tests."""
    with running_server(tmp_path_factory.mktemp("recorder"), **PATIENT) as running:
        yield running.url


@pytest.fixture
def page(chromium: Browser, recorder: str, screen: str) -> Iterator[Page]:
    """A page of a server whose recorder is empty before each test."""
    context = chromium.new_context(base_url=recorder, locale="en-GB", timezone_id="Asia/Tokyo", **SCREENS[screen])
    context.set_default_timeout(30_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
    while records := page.request.get("/records").json()["records"]:
        for record in records:
            page.request.delete(f"/records/{record['id']}")
    context.close()


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


def test_an_empty_recorder_says_what_to_do(page: Page) -> None:
    page.goto("/recorder")
    expect(page.get_by_text("No predictions here yet")).to_be_visible()


def test_a_row_shows_time_drawing_result_confidence_verdict_correction_and_source(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="mine.png")
    page.request.patch(f"/records/{prediction['id']}", data={"label": "1"})
    page.goto("/recorder")
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
    page.goto("/recorder")
    expect(row(page, prediction)).to_be_visible()
    needed, available = page.locator(".table-scroll").evaluate("table => [table.scrollWidth, table.clientWidth]")
    assert needed <= available
    dialog = open_record(page, prediction)
    expect(dialog).to_contain_text("Verdict")
    expect(dialog).to_contain_text(f"picture: {name}")


@any_screen
def test_times_are_in_the_time_zone_of_the_viewer(page: Page) -> None:
    prediction = record(page, 7)
    page.goto("/recorder")
    expected = page.evaluate(
        "date => new Date(date).toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' })", prediction["date"]
    )
    expect(row(page, prediction).locator("time")).to_contain_text(expected)


def test_the_newest_record_is_first_and_new_records_appear_automatically(page: Page) -> None:
    first = record(page, 1)
    page.goto("/recorder")
    expect(rows(page)).to_have_count(1)
    second = record(page, 2)
    expect(rows(page)).to_have_count(2)
    ids = rows(page).evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert ids == [second["id"], first["id"]]


@any_screen
def test_older_and_newer_turn_the_pages(page: Page) -> None:
    predictions = [record(page, i % 10) for i in range(52)]
    page.goto("/recorder")
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.get_by_role("button", name="Older").click()
    expect(rows(page)).to_have_count(2)
    expect(row(page, predictions[0])).to_be_visible()
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    page.get_by_role("button", name="Newer").click()
    expect(rows(page)).to_have_count(50)


def test_filters_select_rows_and_are_kept_in_the_url_and_the_download_links(page: Page) -> None:
    drawn, uploaded = record(page, 7, source="canvas"), record(page, 1, source="upload", file_name="one.png")
    page.request.patch(f"/records/{drawn['id']}", data={"label": "1"})
    page.goto("/recorder")
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
        page.reload()
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
    page.goto("/recorder?source=canvas")
    for name in ("CSV", "JSON Lines", "IDX (MNIST)", "NPZ"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        data = Path(download.value.path()).read_bytes()
        assert data
        if name == "JSON Lines":
            assert [json.loads(line)["id"] for line in data.splitlines()] == [seven["id"]]


def test_a_record_is_corrected_and_the_correction_removed(page: Page) -> None:
    prediction = record(page, 7)
    page.goto("/recorder")
    dialog = open_record(page, prediction)
    dialog.get_by_label("Correction").select_option("1")
    expect(row(page, prediction).locator("td").nth(5)).to_have_text("1")
    expect(row(page, prediction).locator("td").nth(2)).to_have_text(prediction["result"])
    dialog.get_by_label("Correction").select_option("")
    expect(row(page, prediction).locator("td").nth(5)).to_have_text("")


def test_deletion_asks_first_and_is_permanent(page: Page) -> None:
    prediction = record(page, 7)
    page.goto("/recorder")
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


def test_counts_are_shown_as_charts_and_as_tables(page: Page) -> None:
    prediction = record(page, 7, expected="1")
    page.goto("/recorder")
    expect(page.get_by_role("img", name="Results by day").locator(".count")).to_have_text("1")
    confusion = page.get_by_role("img", name=re.compile("Confusion matrix"))
    expect(confusion.locator("rect", has_text=f"1, {prediction['result']}: 1")).to_have_count(1)
    for summary in page.get_by_text("Show as a table").all():
        summary.click()
    intended_one = page.locator("#confusion-table tbody tr").nth(1)
    expect(intended_one.locator("td").nth(prediction["digit"])).to_have_text("1")
    read = page.locator("#days-table tbody tr").nth(prediction["digit"])
    expect(read.locator("td").last).to_have_text("1")


def test_a_drawing_is_replayed_stroke_by_stroke_on_the_canvas(page: Page) -> None:
    prediction = record(page, 7, strokes=STROKES)
    page.goto("/recorder")
    open_record(page, prediction).get_by_role("link", name="Open on the canvas").click()
    expect(page.get_by_role("status")).to_contain_text("7")
    points = page.locator("#ink path").get_attribute("d")
    assert points is not None
    x, y, _ = STROKES[0][-1]
    assert points.endswith(f"L{x:.1f} {y:.1f}")


def test_a_replayed_drawing_looks_as_it_was_drawn(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Pen width").fill("10")
    drag(page, [(0.2, 0.15), (0.75, 0.15)])
    page.get_by_label("Pen width").fill("30")
    drag(page, [(0.75, 0.15), (0.55, 0.5), (0.4, 0.9)])
    drawn = canvas_image(page)
    prediction = predict(page)
    page.goto(f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_have_attribute("data-kind", re.compile("digit|unsure"))
    end = time.monotonic() + 20
    while canvas_image(page) != drawn:  # until the last stroke is replayed
        assert time.monotonic() < end
    widths = page.locator("#ink path").evaluate_all("paths => paths.map(path => path.getAttribute('stroke-width'))")
    assert widths == ["10", "30"]


@any_screen
def test_a_record_without_pen_widths_is_replayed_with_the_default_width(page: Page) -> None:
    prediction = record(page, 7, strokes=STROKES)
    assert page.request.get(f"/records/{prediction['id']}").json()["pen_widths"] is None
    page.goto(f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink path")).to_have_attribute("stroke-width", "18")


@any_screen
def test_a_picture_with_strokes_on_it_opens_as_a_picture(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="seven.png", strokes=STROKES, pen_widths=[12])
    page.goto(f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))
    expect(page.locator("#ink path")).to_have_count(0)


def test_a_recorded_picture_opens_on_the_canvas(page: Page) -> None:
    prediction = record(page, 7, source="upload", file_name="seven.png")
    page.goto(f"/?record={prediction['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))


@any_screen
def test_an_unreachable_server_gets_a_notice_and_is_polled_again(page: Page) -> None:
    prediction = record(page, 7)
    page.goto("/recorder")
    expect(row(page, prediction)).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("can't be reached. Trying again")
    expect(row(page, prediction)).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("")
