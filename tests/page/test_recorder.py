"""The recorder page: look through, filter, correct, delete, export, replay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import running_server
from tests.page.conftest import PATIENT, SCREENS, any_screen
from tools import drawings
from tools.hand import DIGITS, placed

STROKES = [
    [[280 * x, 280 * y, 10 * i] for i, (x, y) in enumerate(stroke)] for stroke in placed(DIGITS["7"], 0.2, 0.15, 0.65)
]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose recorder only these tests write to."""
    with running_server(tmp_path_factory.mktemp("recorder"), **PATIENT) as running:
        yield running.url


@pytest.fixture
def page(chromium: Browser, recorder: str, screen: str) -> Iterator[Page]:
    """The recorder page of a recorder that is empty before each test."""
    context = chromium.new_context(base_url=recorder, locale="en-GB", timezone_id="Asia/Tokyo", **SCREENS[screen])
    context.set_default_timeout(30_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []
    while records := page.request.get("/records").json()["records"]:
        for record in records:
            page.request.delete(f"/records/{record['id']}")
    context.close()


def record(page: Page, digit: int, **more: Any) -> dict[str, Any]:
    image = drawings.as_data_url(drawings.as_file(drawings.draw(digit)))
    answer: dict[str, Any] = page.request.post("/predict", data={"image": image, **more}).json()
    assert answer["recorded"] == "stored"
    return answer


def row(page: Page, answer: dict[str, Any]) -> Locator:
    return page.locator(f"tr[data-id='{answer['id']}']")


def rows(page: Page) -> Locator:
    return page.locator("#records tbody tr")


def open_record(page: Page, answer: dict[str, Any]) -> Locator:
    row(page, answer).get_by_role("button").click()
    dialog = page.locator("#record")
    expect(dialog).to_be_visible()
    return dialog


def test_an_empty_recorder_says_what_to_do(page: Page) -> None:
    page.goto("/recorder")
    expect(page.get_by_text("No prediction here yet")).to_be_visible()


def test_a_row_has_time_drawing_result_certainty_verdict_correction_and_source(page: Page) -> None:
    answer = record(page, 7, source="upload", file_name="mine.png")
    page.request.patch(f"/records/{answer['id']}", data={"label": "1"})
    page.goto("/recorder")
    cells = row(page, answer).locator("td")
    expect(cells.nth(0)).to_have_text(re.compile(r"\d\d:\d\d:\d\d$"))
    expect(cells.nth(2)).to_have_text(answer["result"])
    expect(cells.nth(3)).to_contain_text("%")
    expect(cells.nth(4)).to_have_text(re.compile("^(sure|unsure|not a digit)$"))
    expect(cells.nth(5)).to_have_text("1")
    expect(cells.nth(6)).to_have_text("picture: mine.png")


@any_screen
@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_the_table_fits_without_scrolling_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    record(page, 0)
    name = "a photograph with a long name.png"
    dot = drawings.as_data_url(drawings.as_file(np.pad(np.zeros((140, 140), np.uint8), 70, constant_values=255)))
    answer = page.request.post("/predict", data={"image": dot, "source": "upload", "file_name": name}).json()
    assert answer["result"] == "not a digit"
    page.request.patch(f"/records/{answer['id']}", data={"label": "not_a_digit"})
    page.goto("/recorder")
    expect(row(page, answer)).to_be_visible()
    wide, room = page.locator(".wide").evaluate("table => [table.scrollWidth, table.clientWidth]")
    assert wide <= room
    dialog = open_record(page, answer)
    expect(dialog).to_contain_text("Verdict")
    expect(dialog).to_contain_text(f"picture: {name}")


@any_screen
def test_times_are_in_the_viewers_zone(page: Page) -> None:
    answer = record(page, 7)
    page.goto("/recorder")
    expected = page.evaluate(
        "date => new Date(date).toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' })", answer["date"]
    )
    expect(row(page, answer).locator("time")).to_contain_text(expected)


def test_newest_stands_first_and_a_new_record_appears_by_itself(page: Page) -> None:
    first = record(page, 1)
    page.goto("/recorder")
    expect(rows(page)).to_have_count(1)
    second = record(page, 2)
    expect(rows(page)).to_have_count(2)
    ids = rows(page).evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert ids == [second["id"], first["id"]]


@any_screen
def test_older_and_newer_turn_the_pages(page: Page) -> None:
    answers = [record(page, i % 10) for i in range(52)]
    page.goto("/recorder")
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.get_by_role("button", name="Older").click()
    expect(rows(page)).to_have_count(2)
    expect(row(page, answers[0])).to_be_visible()
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    page.get_by_role("button", name="Newer").click()
    expect(rows(page)).to_have_count(50)


def test_filters_choose_rows_and_stay_in_the_address_and_the_exports(page: Page) -> None:
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
def test_what_is_filtered_is_exported(page: Page) -> None:
    seven = record(page, 7, source="canvas")
    record(page, 1, source="upload", file_name="one.png")
    page.goto("/recorder?source=canvas")
    for name in ("CSV", "JSON lines", "MNIST's IDX", "NPZ"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        data = Path(download.value.path()).read_bytes()
        assert data
        if name == "JSON lines":
            assert [json.loads(line)["id"] for line in data.splitlines()] == [seven["id"]]


def test_a_record_is_corrected_and_the_correction_taken_back(page: Page) -> None:
    answer = record(page, 7)
    page.goto("/recorder")
    dialog = open_record(page, answer)
    dialog.get_by_label("Meant as").select_option("1")
    expect(row(page, answer).locator("td").nth(5)).to_have_text("1")
    expect(row(page, answer).locator("td").nth(2)).to_have_text(answer["result"])
    dialog.get_by_label("Meant as").select_option("")
    expect(row(page, answer).locator("td").nth(5)).to_have_text("")


def test_deletion_asks_and_is_final(page: Page) -> None:
    answer = record(page, 7)
    page.goto("/recorder")
    dialog = open_record(page, answer)
    dialog.get_by_role("button", name="Delete").click()
    sure = page.get_by_role("dialog", name="Delete this prediction for good?")
    sure.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_visible()
    expect(row(page, answer)).to_have_count(1)
    dialog.get_by_role("button", name="Delete").click()
    sure.get_by_role("button", name="Delete for good").click()
    expect(dialog).to_be_hidden()
    expect(row(page, answer)).to_have_count(0)
    assert page.request.get(f"/records/{answer['id']}").status == 404


def test_counts_stand_as_charts_and_as_tables(page: Page) -> None:
    answer = record(page, 7, expected="1")
    page.goto("/recorder")
    expect(page.get_by_role("img", name="How often each result was read, by day").locator(".count")).to_have_text("1")
    confusion = page.get_by_role("img", name=re.compile("What was meant"))
    expect(confusion.locator("rect", has_text=f"1, {answer['result']}: 1")).to_have_count(1)
    for summary in page.get_by_text("The same as a table").all():
        summary.click()
    meant_one = page.locator("#confusion-table tbody tr").nth(1)
    expect(meant_one.locator("td").nth(answer["digit"])).to_have_text("1")
    read = page.locator("#days-table tbody tr").nth(answer["digit"])
    expect(read.locator("td").last).to_have_text("1")


def test_a_drawing_is_replayed_stroke_by_stroke_on_the_canvas(page: Page) -> None:
    answer = record(page, 7, strokes=STROKES)
    page.goto("/recorder")
    open_record(page, answer).get_by_role("link", name="Open on the canvas").click()
    expect(page.get_by_role("status")).to_contain_text("7")
    points = page.locator("#ink path").get_attribute("d")
    assert points is not None
    x, y, _ = STROKES[0][-1]
    assert points.endswith(f"L{x:.1f} {y:.1f}")


def test_a_picture_opens_on_the_canvas(page: Page) -> None:
    answer = record(page, 7, source="upload", file_name="seven.png")
    page.goto(f"/?record={answer['id']}")
    expect(page.get_by_role("status")).to_contain_text("7")
    expect(page.locator("#ink image")).to_have_attribute("href", re.compile("^data:image/png"))


@any_screen
def test_a_recorder_that_cannot_be_reached_is_said_and_asked_again(page: Page) -> None:
    answer = record(page, 7)
    page.goto("/recorder")
    expect(row(page, answer)).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("can't be reached. Trying again")
    expect(row(page, answer)).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("")
