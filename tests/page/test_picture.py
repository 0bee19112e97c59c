"""Pictures instead of drawings: chosen, dropped or pasted; rotated and scaled as needed."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from backend.settings import TOP
from tests.page.conftest import any_screen, not_in_firefox
from tests.page.test_draw import ink, predict, predict_sending
from tools.drawings import as_file, draw
from tools.hand import drag

HEIC = (TOP / "tests" / "reading" / "heic" / "seven.heic").read_bytes()
SEVEN = as_file(draw(7, size=700, side=450, left=120, top=120, pen=45))

PUT = """([where, name, data]) => {
  const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const kind = where === "paste" ? ClipboardEvent : DragEvent;
  const options = where === "paste" ? { clipboardData: transfer } : { dataTransfer: transfer };
  const target = where === "paste" ? document.body : document.querySelector("#paper");
  target.dispatchEvent(new kind(where, { ...options, bubbles: true, cancelable: true }));
}"""


def choose(page: Page, data: bytes, name: str = "seven.png") -> None:
    with page.expect_response("**/predict?record=false"), page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
        chooser.value.set_files(FilePayload(name=name, mimeType="image/png", buffer=data))


def test_a_chosen_picture_is_shown_read_and_recorded_with_its_name(page: Page) -> None:
    choose(page, SEVEN)
    assert ink(page) > 0
    answer = predict(page)
    assert answer["digit"] == 7
    record = page.request.get(f"/records/{answer['id']}").json()
    assert (record["source"], record["file_name"]) == ("upload", "seven.png")


PASTE = pytest.param("paste", marks=not_in_firefox("a clipboard event that a script makes there has no files"))


@pytest.mark.parametrize("where", ["drop", PASTE])
def test_a_picture_can_be_dropped_or_pasted(page: Page, where: str) -> None:
    with page.expect_response("**/predict?record=false") as waiting:
        page.evaluate(PUT, [where, f"{where}.png", base64.b64encode(SEVEN).decode()])
    assert waiting.value.json()["digit"] == 7
    page.get_by_role("button", name="Clear").click()
    assert ink(page) == 0


@any_screen
def test_a_wide_picture_keeps_its_aspect_ratio(page: Page) -> None:
    wide = np.full((100, 400), 255, np.uint8)
    wide[:, :200] = 0
    choose(page, as_file(wide))
    assert ink(page) == 140 * 70


@any_screen
def test_a_picture_is_rotated_as_its_exif_data_says(page: Page) -> None:
    half = np.full((280, 280), 255, np.uint8)
    half[:, :140] = 0
    jpeg = as_file(half, ".jpg")
    exif = bytes.fromhex("ffe1002245786966000049492a00080000000100120103000100000006000000000000000000")
    choose(page, jpeg[:2] + exif[: 2 + 0x22] + jpeg[2:], "turned.jpg")
    top, bottom = page.locator("#canvas").evaluate(
        "canvas => [20, 260].map(y => canvas.getContext('2d').getImageData(140, y, 1, 1).data[0])"
    )
    assert (top < 10, bottom > 245) == (True, True)


def test_drawing_on_a_picture_is_undone_before_the_picture_is(page: Page) -> None:
    choose(page, SEVEN)
    before = ink(page)
    drag(page, [(0.1, 0.9), (0.3, 0.9)])
    assert ink(page) > before
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert ink(page) == 0


@not_in_firefox("Playwright reports only the first file chooser of a page there")
def test_a_picture_that_the_browser_cannot_show_is_shown_and_read(page: Page) -> None:
    for name, data in (("IMG_1.HEIC", HEIC), ("scan.tif", as_file(draw(7), ".tiff"))):
        choose(page, data, name)
        assert ink(page) > 0
        answer = predict(page)
        assert answer["digit"] == 7
        assert page.request.get(f"/records/{answer['id']}").json()["file_name"] == name


@any_screen
def test_a_file_that_is_not_a_picture_gets_an_error_message_and_the_drawing_is_kept(page: Page) -> None:
    drag(page, [(0.2, 0.2), (0.8, 0.2)])
    before = ink(page)
    page.evaluate(PUT, ["drop", "notes.png", base64.b64encode(b"not a picture").decode()])
    expect(page.locator("#notice")).to_contain_text("“notes.png” can't be read as a picture. The file is not")
    assert ink(page) == before


def test_the_error_message_of_a_file_stays_until_the_drawing_changes(page: Page) -> None:
    held: list[Route] = []
    page.route("**/predict?record=false", lambda route: held.append(route))
    drag(page, [(0.5, 0.1), (0.5, 0.9)])
    page.evaluate(PUT, ["drop", "notes.png", base64.b64encode(b"not a picture").decode()])
    expect(page.locator("#notice")).to_contain_text("“notes.png” can't be read as a picture.")
    for route in held:
        route.continue_()
    expect(page.locator("#headline")).not_to_be_empty()
    expect(page.locator("#notice")).to_contain_text("“notes.png” can't be read as a picture.")
    drag(page, [(0.4, 0.9), (0.6, 0.9)])
    expect(page.locator("#notice")).to_be_empty()


@any_screen
def test_a_large_photo_is_scaled_down_before_it_is_sent(page: Page) -> None:
    choose(page, as_file(cv2.resize(draw(3), (4000, 3000), interpolation=cv2.INTER_LINEAR), ".jpg"), "photo.jpg")
    assert len(predict_sending(page)["image"]) < 200_000
    expect(page.get_by_role("status")).to_contain_text("3")
