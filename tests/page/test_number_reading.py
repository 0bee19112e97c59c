"""The page's own reading of numbers: the same result, digits and boxes as the server's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.numbers import Number
from backend.reading.pieces import Pen, components, cut, strokes_of
from backend.reading.recognizer import Recognizer
from tests.page.conftest import any_screen
from tools.drawings import draw_strokes, number_strokes
from tools.measure.browser_numbers import Sample, in_page, likeness, on_server

pytestmark = any_screen

PEN = 10.0


@pytest.fixture
def local_network() -> bool:
    return True


def marked(text: str, mark: list[tuple[float, float]]) -> list[NDArray[np.float64]]:
    return [*(stroke + np.array([40, 0]) for stroke in number_strokes(text, step=110)), np.array(mark, np.float64)]


NUMBERS = {
    "20": number_strokes("20"),
    "38025": number_strokes("38025"),
    "320 overlapping": number_strokes("320", step=52),
    "53 touching": number_strokes("53", step=54),
    "2.5": marked("25", [(158, 186), (162, 188)]),
    "2,5": marked("25", [(167, 184), (159, 206)]),
    "-25": marked("25", [(30, 142), (56, 142)]),
    "7 alone": number_strokes("7"),
    "below each other": [
        *number_strokes("2", side=80),
        *(each + np.array([60, 95]) for each in number_strokes("3", side=80)),
    ],
}


def test_numbers_are_read_as_the_server_reads_them(page: Page, recognizer: Recognizer) -> None:
    samples = [Sample(strokes, PEN, 560) for strokes in NUMBERS.values()]
    found: dict[str, list[Number | None]] = {}
    for name, (sample, pixels, result) in zip(NUMBERS, in_page(page, samples), strict=True):
        for way, pens in (("strokes", sample.pens()), ("pixels", [])):
            server = on_server(recognizer, pixels, pens)
            alike = likeness(server, result[way], pixels.shape)
            assert alike.result, (name, way)
            assert alike.probability <= 0.02, (name, way)
            assert alike.box <= 1, (name, way)
            found.setdefault(name, []).append(server[1])
    for name, numbers in found.items():
        expected = name.split(" ", 1)[0] if name[0] in "-0123456789" and "alone" not in name else None
        assert expected in [number and number.result for number in numbers], name


def read_growing(page: Page, strokes: list[NDArray[np.float64]]) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """async (drawing) => {
          const { Reader } = await import("/static/js/reading/reader.js");
          const reader = new Reader();
          const [early, cut] = await Promise.all([reader.read(drawing, false), reader.read(drawing)]);
          reader.close();
          return { early, cut };
        }""",
        Sample(strokes, PEN, 560).for_page(),
    )
    return found


def test_touching_digits_are_cut_only_once_the_stroke_ends(page: Page) -> None:
    [touching] = [np.concatenate(number_strokes("53", step=54))]
    found = read_growing(page, [touching])
    assert (found["early"]["number"], found["early"]["cuttable"]) == (None, True)
    assert not found["cut"]["cuttable"]
    sure = read_growing(page, number_strokes("20"))
    assert (sure["early"]["number"]["result"], sure["early"]["cuttable"]) == ("20", False)


def test_a_newer_drawing_ends_the_cutting_of_an_older_one(page: Page) -> None:
    scribble = Sample(
        [np.array([(30, 200), (40, 80), (80, 180), (90, 90), (130, 180), (140, 90)], np.float64)], PEN, 280
    )
    results = page.evaluate(
        """async ([scribble, digit]) => {
          const { Reader } = await import("/static/js/reading/reader.js");
          const reader = new Reader();
          await reader.read(digit); // once its network is loaded
          const results = await Promise.all([reader.read(scribble), reader.read(digit)]);
          reader.close();
          return results.map(({ cuttable, reading }) => ({ cuttable, digit: reading.digit }));
        }""",
        [scribble.for_page(), Sample(number_strokes("7"), PEN, 280).for_page()],
    )
    assert results[0]["cuttable"]
    assert results[1] == {"cuttable": False, "digit": 7}


def pixels(image: Image) -> dict[str, Any]:
    return {"data": image.ravel().tolist(), "width": image.shape[1], "height": image.shape[0]}


def test_a_component_is_cut_where_the_server_cuts_it(page: Page) -> None:
    [component] = components(find_ink(draw_strokes(number_strokes("53", step=54), 280, int(PEN))))
    mine = cut(component)
    parts = page.evaluate(
        """async (gray) => {
          const { components } = await import("/static/js/reading/pieces.js");
          const { cut } = await import("/static/js/reading/cuts.js");
          const [component] = components({ ...gray, data: Uint8Array.from(gray.data) });
          const piece = cut(component);
          return Array.from({ length: piece.cuts + 1 }, (_, k) => piece.part(k, k + 1))
            .map(({ left, top, image: { data } }) => [left, top, Array.from(data)]);
        }""",
        pixels(find_ink(draw_strokes(number_strokes("53", step=54), 280, int(PEN)))),
    )
    expected = [mine.part(k, k + 1) for k in range(len(mine.left_of) + 1)]
    assert parts == [[part.left, part.top, part.image.ravel().tolist()] for part in expected]
    assert len(parts) > 1


def test_strokes_are_told_apart_as_the_server_does(page: Page) -> None:
    strokes = number_strokes("320", step=52)
    ink = find_ink(draw_strokes(strokes, 280, int(PEN)))
    boxes = page.evaluate(
        """async ([gray, pens]) => {
          const { strokesOf } = await import("/static/js/reading/pieces.js");
          const ink = { ...gray, data: Uint8Array.from(gray.data) };
          const box = ({ left, top, width, height }) => [left, top, width, height];
          return [strokesOf(ink, pens), strokesOf(ink, pens.slice(1))].map((pieces) => pieces.map(box));
        }""",
        [pixels(ink), [{"points": [{"x": x, "y": y} for x, y in each.tolist()], "width": PEN} for each in strokes]],
    )
    for found, used in zip(boxes, (strokes, strokes[1:]), strict=True):
        server = strokes_of(ink, [Pen(each, PEN) for each in used])
        assert len(found) == len(server)
        for a, b in zip(found, server, strict=True):
            assert np.abs(np.array(a) - np.array(b.box)).max() <= 1
    assert boxes[1] == []  # one stroke is missing: it is another drawing


@pytest.mark.parametrize("shape", [(20, 31), (47, 60), (48, 33), (49, 15), (120, 75), (300, 41)])
def test_images_are_resized_by_area_as_opencv_does(page: Page, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    width = max(3, round(shape[1] * 48 / shape[0]))
    found = page.evaluate(
        """async ([gray, width]) => {
          const { resizeByArea } = await import("/static/js/reading/resize.js");
          return [...resizeByArea({ ...gray, data: Uint8Array.from(gray.data) }, width, 48).data];
        }""",
        [pixels(image), width],
    )
    expected = cv2.resize(image, (width, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(expected.ravel().astype(int) - np.array(found)).max() <= 1


def test_a_wide_drawing_is_normalized_as_the_server_does(page: Page) -> None:
    strokes = [each + np.array([600, 0]) for each in number_strokes("2")]
    [(_, drawn, result)] = in_page(page, [Sample(strokes, PEN, 900)])
    assert drawn.shape == (280, 900)
    assert result["strokes"]["reading"]["digit"] == 2
    assert normalize(find_ink(drawn)).any()
