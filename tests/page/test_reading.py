"""The page's own reading: the same digit and verdict as the server's, with and without WebAssembly."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from backend.reading.ink import find_ink
from backend.reading.normalize import cut_out, normalize
from backend.reading.recognizer import Recognizer
from tests import data
from tests.page.conftest import any_screen
from tools.drawings import draw
from tools.hand import DIGITS, placed
from tools.measure.browser import as_page_strokes, compare, read_images, read_strokes
from training.drawing import CANVAS, draw_at_random, place

pytestmark = any_screen

ENGINES = pytest.mark.parametrize(("plain", "engine"), [(False, "wasm"), (True, "javascript")])
READ = """async (input) => {
  const { Reader } = await import("/static/js/reading/reader.js");
  const reader = new Reader();
  try { return await reader.read(input); } finally { reader.close(); }
}"""


@pytest.fixture
def local_network() -> bool:
    return True


def sample_strokes(digit: str, width: float = 18) -> list[dict[str, Any]]:
    return as_page_strokes([np.array(each) for each in placed(DIGITS[digit], 60, 45, 180)], width)


@ENGINES
def test_the_ten_sample_digits_are_read_as_the_server_reads_them(
    page: Page, recognizer: Recognizer, plain: bool, engine: str
) -> None:
    images = np.stack([draw(digit) for digit in range(10)])
    results = read_images(page, images, plain)
    assert [each["reading"]["digit"] for each in results] == list(range(10))
    assert {each["engine"] for each in results} == {engine}
    for image, result in zip(images, results, strict=True):
        compared = compare(recognizer, image, result)
        assert compared.agree
        assert compared.levels <= 2
        assert compared.probability < 0.001


@pytest.mark.parametrize("pens", [(6.0, 36.0), (1.0, 4.0)])
def test_drawings_of_any_size_and_pen_are_read_as_the_server_reads_them(
    page: Page, recognizer: Recognizer, pens: tuple[float, float]
) -> None:
    drawings = data.pens()
    rng = np.random.default_rng(1)
    chosen = rng.choice(np.flatnonzero(drawings.split == "train"), 150, replace=False)
    images = np.stack([255 - draw_at_random(drawings.strokes(i), rng, pens) for i in chosen])
    results = read_images(page, images)
    for image, result in zip(images, results, strict=True):
        compared = compare(recognizer, image, result)
        assert compared.agree
        assert compared.levels <= 2
        assert compared.probability < 0.02


def test_specks_are_removed_as_the_server_removes_them(page: Page, recognizer: Recognizer) -> None:
    images = np.stack([draw(digit, pen=14) for digit in range(10)])
    for image in images:
        cv2.circle(image, (20, 265), 3, 0, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(image, (262, 12), 2, 0, cv2.FILLED, cv2.LINE_AA)
    for image, result in zip(images, read_images(page, images), strict=True):
        assert compare(recognizer, image, result).levels <= 2


def test_the_box_of_what_was_read_is_the_servers(page: Page) -> None:
    images = np.stack([draw(digit, side=120, left=20 * digit, top=100) for digit in range(8)])
    for image in images:
        cv2.circle(image, (20, 20), 3, 0, cv2.FILLED, cv2.LINE_AA)
    for image, result in zip(images, read_images(page, images), strict=True):
        server = cut_out(find_ink(image)).box
        found = [280 * result["box"][name] for name in ("left", "top", "width", "height")]
        assert found == pytest.approx(server, abs=0.5)


def test_light_ink_faint_ink_and_small_images_are_read_as_the_server_reads_them(
    page: Page, recognizer: Recognizer
) -> None:
    seven = draw(7)
    for image in (255 - seven, (255 - (255 - seven) // 5).astype(np.uint8), cv2.resize(seven, (28, 28))):
        [result] = read_images(page, image[None])
        compared = compare(recognizer, image, result)
        assert compared.agree
        assert compared.levels <= 2


@ENGINES
def test_strokes_are_read_as_the_server_reads_the_canvas(
    page: Page, recognizer: Recognizer, plain: bool, engine: str
) -> None:
    drawings = data.pens()
    rng = np.random.default_rng(2)
    strokes = [sample_strokes(digit) for digit in DIGITS]
    for i in rng.choice(np.flatnonzero(drawings.split == "train"), 90, replace=False):
        width = float(rng.uniform(6, 36))
        strokes.append(as_page_strokes(place(drawings.strokes(i), rng, rng.uniform(70, CANVAS - width), width), width))
    results = read_strokes(page, strokes, plain)
    for each in results:
        compared = compare(recognizer, each["own"], each["result"])
        assert compared.agree
        assert compared.levels <= 2
        assert compared.page["engine"] == engine
    on_canvas = [compare(recognizer, each["canvas"], each["result"]) for each in results]
    assert [each.server.digit for each in on_canvas[:10]] == list(range(10))
    assert sum(each.agree for each in on_canvas) >= 99
    assert max(np.abs(each["canvas"].astype(int) - each["own"]).mean() for each in results) < 1


@pytest.mark.parametrize("width", [1.0, 2.0, 6.0, 18.0, 36.0])
def test_a_dot_and_a_stroke_that_turns_back_are_full(page: Page, width: float) -> None:
    """Where a pixel's center lies on the stroke's center line, the edge has no direction."""
    dot = as_page_strokes([np.array([[100.5, 80.5]]), np.array([[40.5, 40.5], [40.5, 90.5], [40.5, 60.5]])], width)
    [result] = read_strokes(page, [dot])
    assert result["own"][80, 100] <= 60
    assert result["own"][40, 40] <= 60
    assert result["own"][55, 40] <= 60
    assert np.abs(result["canvas"].astype(int) - result["own"]).mean() < 0.1


def test_blank_paper_has_nothing_to_read(page: Page) -> None:
    assert page.evaluate(READ, {"strokes": []}) == {"kind": "blank"}


def test_a_photograph_is_left_to_the_server(page: Page) -> None:
    shade = np.linspace(250, 120, 280)[None, :] * np.ones((280, 1))
    photograph = np.where(draw(4) < 128, 20, shade).astype(np.uint8)
    [result] = read_images(page, photograph[None])
    assert result["kind"] == "photograph"


def test_colored_and_transparent_pictures_are_read_as_the_server_reads_them(page: Page) -> None:
    opacity = 255 - draw(5)
    blue = np.stack([np.where(draw(2) < 128, each, paper) for each, paper in ((200, 240), (40, 250), (20, 230))], -1)
    pictures = {
        "colored": np.dstack([blue, np.full((280, 280), 255)]).astype(np.uint8),
        "transparent": np.dstack([np.full((280, 280, 3), 30), opacity]).astype(np.uint8),
    }
    for bgra in pictures.values():
        rgba = bgra[..., [2, 1, 0, 3]].ravel().tolist()
        result = page.evaluate(
            """async (values) => {
              const { findInkInColor } = await import("/static/js/reading/ink.js");
              const { normalize } = await import("/static/js/reading/normalize.js");
              return [...normalize(findInkInColor({ data: Uint8Array.from(values), width: 280, height: 280 })).data];
            }""",
            rgba,
        )
        seen = normalize(find_ink(bgra)).ravel()
        assert np.abs(seen.astype(int) - np.array(result)).max() <= 2
