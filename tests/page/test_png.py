"""The PNG that the page sends: lossless, grayscale, and fast to decode."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from backend.reading.decode import decode
from backend.reading.ink import find_ink
from backend.reading.png import read_png
from backend.web.drawing_request import data_url_bytes
from tests.page.conftest import any_screen
from tests.page.test_draw import predict_sending
from tests.page.test_picture import SEVEN, choose
from tools.chromium import reload
from tools.drawings import as_data_url, as_file
from tools.hand import DIGITS, drag, draw

MANY = 1_000_000  # pixels
GRAY, RGBA = 0, 6  # color types (PNG specification, 11.2.1)
COLOR_TYPE = 25  # its offset in the file

ENCODE = """async ([server, width, height, levels]) => {
  const { grayPNG } = await import(`${server}/static/js/model/png.js`);
  return grayPNG({ data: Uint8Array.from(levels), width, height });
}"""


def sent_image(page: Page) -> bytes:
    return data_url_bytes(predict_sending(page)["image"].encode())


def canvas_image(page: Page) -> bytes:
    """The canvas as Chromium encodes it: an RGBA PNG."""
    url: str = page.locator("#canvas").evaluate("canvas => canvas.toDataURL()")
    return data_url_bytes(url.encode())


def read(page: Page, image: bytes) -> dict[str, Any]:
    prediction: dict[str, Any] = page.request.post("/predict?record=false", data=as_data_url(image)).json()
    return {name: prediction[name] for name in ("seen", "probabilities", "verdict")}


@any_screen
@pytest.mark.parametrize("digit", DIGITS)
def test_the_gray_png_shows_what_the_canvas_shows(page: Page, digit: str) -> None:
    draw(page, digit)
    gray, rgba = sent_image(page), canvas_image(page)
    assert (gray[COLOR_TYPE], rgba[COLOR_TYPE]) == (GRAY, RGBA)
    assert len(gray) < len(rgba)
    sent, drawn = (find_ink(decode(image, MANY).pixels).astype(int) for image in (gray, rgba))
    assert np.abs(sent - drawn).mean() < 1
    assert np.abs(sent - drawn).max() < 128
    assert read(page, gray)["verdict"] == read(page, rgba)["verdict"] == "digit"


@any_screen
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (64, 300), (280, 280)])
def test_it_preserves_every_gray_level_at_any_size(page: Page, server: str, shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    url = page.evaluate(ENCODE, [server, shape[1], shape[0], levels.ravel().tolist()])
    image = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    by_opencv = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    decoded = read_png(image)
    assert by_opencv is not None
    assert decoded is not None
    assert np.array_equal(by_opencv, levels)
    assert np.array_equal(decoded, levels)


@any_screen
def test_a_picture_keeps_its_colors_under_a_stroke(page: Page) -> None:
    red = np.full((280, 280, 3), 255, np.uint8)
    red[60:220, 130:150] = (0, 0, 200)
    choose(page, as_file(red))
    picture = decode(sent_image(page), MANY).pixels
    assert picture[100, 140].tolist()[:3] == [0, 0, 200]
    drag(page, [(0.2, 0.9), (0.8, 0.9)])
    both = decode(sent_image(page), MANY).pixels
    assert both[100, 140].tolist()[:3] == [0, 0, 200]
    assert both[252, 140].tolist()[:3] == [0, 0, 0]


@any_screen
def test_an_unchanged_picture_is_sent_as_it_is(page: Page) -> None:
    choose(page, SEVEN)
    assert max(decode(sent_image(page), MANY).pixels.shape) == 560


@any_screen
def test_a_browser_without_compression_streams_sends_its_own_png(page: Page) -> None:
    page.add_init_script("delete globalThis.CompressionStream")
    reload(page)
    draw(page, "7")
    image = sent_image(page)
    assert image[COLOR_TYPE] == RGBA
    assert image == canvas_image(page)
