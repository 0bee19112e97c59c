"""Unit tests of model/geometry.js, run in the browser."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.page.conftest import call_module

Point = dict[str, float]
Stroke = dict[str, Any]

coordinates = st.floats(-50, 330).map(lambda value: round(value, 2))
points = st.builds(lambda x, y, t: {"x": x, "y": y, "t": t}, coordinates, coordinates, st.integers(0, 5000))
strokes = st.builds(
    lambda points, width: {"points": points, "width": width},
    st.lists(points, min_size=1, max_size=6),
    st.integers(6, 36),
)
tries = settings(max_examples=40, deadline=None)


def call(page: Page, name: str, *arguments: object) -> Any:
    return call_module(page, "model/geometry.js", name, *arguments)


def point(x: float, y: float, t: float = 0) -> Point:
    return {"x": x, "y": y, "t": t}


def test_one_point_is_a_dot(blank: Page) -> None:
    assert call(blank, "curve", [point(3, 4)]) == "M3 4h.01"


@tries
@given(line=st.lists(points, min_size=2, max_size=30))
def test_a_curve_starts_at_the_first_point_and_ends_at_the_last(blank: Page, line: list[Point]) -> None:
    data = call(blank, "curve", line)
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", data)]
    assert numbers[:2] == pytest.approx([line[0]["x"], line[0]["y"]], abs=0.06)
    assert numbers[-2:] == pytest.approx([line[-1]["x"], line[-1]["y"]], abs=0.06)
    assert data.count("Q") == len(line) - 2


@tries
@given(drawn=st.lists(strokes, max_size=4), start=points, end=points, radius=st.integers(4, 40))
def test_the_eraser_removes_what_it_reaches_and_nothing_else(
    blank: Page, drawn: list[Stroke], start: Point, end: Point, radius: int
) -> None:
    remaining: list[Stroke] = call(blank, "erase", drawn, start, end, radius)
    for stroke in remaining:
        for each in stroke["points"][::5]:
            assert distance(each, start, end) > radius + stroke["width"] / 2 - 1  # cut to the nearest unit
    kept = np.array([(each["x"], each["y"]) for stroke in remaining for each in stroke["points"]]).reshape(-1, 2)
    for stroke in drawn:
        for each in stroke["points"]:
            if distance(each, start, end) > radius + stroke["width"] / 2 + 0.1:
                assert np.isclose(kept, (each["x"], each["y"])).all(axis=1).any()


@tries
@given(drawn=st.lists(strokes, min_size=1, max_size=4))
def test_an_eraser_far_away_changes_nothing(blank: Page, drawn: list[Stroke]) -> None:
    assert call(blank, "erase", drawn, point(900, 900), point(950, 900), 20) == drawn


@tries
@given(drawn=st.lists(strokes, min_size=1, max_size=4))
def test_sent_strokes_lie_on_the_canvas_and_start_at_time_zero(blank: Page, drawn: list[Stroke]) -> None:
    sent = call(blank, "toJSON", drawn, 500)
    assert [len(stroke) for stroke in sent] == [len(stroke["points"]) for stroke in drawn]
    start = drawn[0]["points"][0]["t"]
    for stroke, original in zip(sent, drawn, strict=True):
        for (x, y, t), each in zip(stroke, original["points"], strict=True):
            assert 0 <= x <= 500
            assert 0 <= y <= 280
            if min(stroke["points"][0]["t"] for stroke in drawn) == start:
                assert t == each["t"] - start


@tries
@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_a_picture_fits_the_canvas_and_keeps_its_aspect_ratio(blank: Page, width: int, height: int) -> None:
    box = call(blank, "fit", width, height)
    assert max(box["width"], box["height"]) == pytest.approx(280)
    assert box["width"] * height == pytest.approx(box["height"] * width)
    assert box["x"] + box["width"] / 2 == pytest.approx(140)
    assert box["y"] + box["height"] / 2 == pytest.approx(140)


def test_a_position_in_the_window_is_converted_to_canvas_units(blank: Page) -> None:
    event = {"clientX": 110, "clientY": 70, "timeStamp": 5}
    box = {"left": 10, "top": 20, "width": 560, "height": 560}
    assert call(blank, "toCanvas", event, box, 280) == point(50, 25, 5)
    assert call(blank, "toCanvas", event, box | {"width": 1120}, 560) == point(50, 25, 5)


def distance(each: Point, start: Point, end: Point) -> float:
    """The distance of a point from a segment, by comparing with points on it that are at most half a unit apart."""
    length = math.dist((start["x"], start["y"]), (end["x"], end["y"]))
    parts = np.linspace(0, 1, 2 + 2 * math.ceil(length))
    x = start["x"] + (end["x"] - start["x"]) * parts
    y = start["y"] + (end["y"] - start["y"]) * parts
    return float(np.hypot(x - each["x"], y - each["y"]).min())
