"""Parsing requests: a data URL, JSON, or a form."""

from __future__ import annotations

import contextlib
import json
import tracemalloc

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from backend.settings import Settings
from backend.web.drawing_request import DrawingRequest, data_url_bytes, parse_request
from backend.web.errors import Problem
from tools.drawings import as_data_url

FLASK = Flask(__name__)
SETTINGS = Settings(max_strokes_bytes=100, max_strokes=4, max_points=6)


def read(body: str | bytes, content_type: str = "text/plain") -> DrawingRequest:
    with FLASK.test_request_context("/predict", method="POST", data=body, content_type=content_type):
        return parse_request(request, SETTINGS)


def read_json(**fields: object) -> DrawingRequest:
    return read(json.dumps(fields), "application/json")


URL = as_data_url(b"picture")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json"])
def test_a_data_url_is_read_whatever_the_content_type(content_type: str) -> None:
    assert read(URL, content_type) == DrawingRequest(image=b"picture", source="canvas")


@given(st.binary(min_size=1))
def test_a_data_url_decodes_to_the_same_bytes(image: bytes) -> None:
    assert data_url_bytes(as_data_url(image).encode()) == image


def test_base64_may_contain_line_breaks() -> None:
    assert read("data:image/png;base64,cGlj\r\n dHVy\tZQ==\n").image == b"picture"


@given(st.binary())
def test_any_body_is_parsed_or_rejected(body: bytes) -> None:
    try:
        read(body)
    except Problem as problem:
        assert problem.status == 400


def test_json_carries_the_drawing_and_its_metadata() -> None:
    strokes = [[[1, 2, 0], [3, 4.5, 16]]]
    assert read_json(image=URL, expected="7", strokes=strokes, pen_widths=[22]) == DrawingRequest(
        image=b"picture", source="canvas", expected="7", strokes=b"[[[1,2,0],[3,4.5,16]]]", pen_widths=(22.0,)
    )
    assert read_json(image=URL, strokes=strokes).pen_widths is None
    assert read_json(image=URL, file_name="seven.png") == DrawingRequest(
        image=b"picture", source="upload", file_name="seven.png"
    )
    assert read_json(image=URL, expected=None, file_name="", strokes=[]) == DrawingRequest(
        image=b"picture", source="canvas"
    )


def test_json_is_recognized_by_its_first_character() -> None:
    assert read(json.dumps({"image": URL}), "text/plain").image == b"picture"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"image": 7},
        {"image": URL, "expected": 7},
        {"image": URL, "expected": "seven"},
        {"image": URL, "strokes": "fast"},
        {"image": URL, "strokes": [[[1, 2]]]},
        {"image": URL, "strokes": [[[1, 2, 3]]], "pen_widths": "thick"},
        {"image": URL, "strokes": [[[1, 2, 3]]], "pen_widths": [0]},
        {"image": URL, "strokes": [[[1, 2, 3]]], "pen_widths": [280.5]},
        {"image": URL, "source": "fax"},
        {"image": URL, "imgae": URL},
    ],
)
def test_an_invalid_field_is_rejected(fields: dict[str, object]) -> None:
    with pytest.raises(Problem) as caught:
        read_json(**fields)
    assert (caught.value.status, caught.value.code) == (400, "bad_field")


@pytest.mark.parametrize(
    "fields",
    [
        {"strokes": [[[1, 2, 3]]], "pen_widths": [22, 22]},
        {"strokes": [[[1, 2, 3]]], "pen_widths": []},
        {"pen_widths": [22]},
    ],
)
def test_each_stroke_must_have_one_pen_width(fields: dict[str, object]) -> None:
    with pytest.raises(Problem) as caught:
        read_json(image=URL, **fields)
    assert (caught.value.status, caught.value.code) == (422, "bad_field")


def test_an_empty_expected_digit_is_none() -> None:
    assert read_json(image=URL, expected="").expected is None


@pytest.mark.parametrize("body", ["{", '{"image": }', "nul", '{"image": "\\ud800"}', b'{"image": "\xff"}'])
def test_invalid_json_is_rejected(body: str | bytes) -> None:
    with pytest.raises(Problem) as caught:
        read(body, "application/json")
    assert (caught.value.status, caught.value.code) == (400, "not_json")


@pytest.mark.parametrize(
    "body",
    [
        "seven",
        "data:image/png;base64",
        "data:image/png,iVBO",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,abc",
        "https://example.org/seven.png",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_anything_but_a_data_url_is_rejected(body: str | bytes) -> None:
    with pytest.raises(Problem) as caught:
        read(body)
    assert (caught.value.status, caught.value.code) == (400, "not_a_data_url")


@pytest.mark.parametrize("body", ["", "  \n", "data:image/png;base64,"])
def test_an_empty_body_is_rejected(body: str) -> None:
    with pytest.raises(Problem) as caught:
        read(body)
    assert (caught.value.status, caught.value.code) == (400, "empty_body")


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"strokes": [[[1, 2, 3]] * 20]}, "100 bytes of JSON"),
        ({"strokes": [[[1, 2, 3]]], "pen_widths": [22] * 50}, "100 bytes of JSON"),
        ({"strokes": [[]] * 5}, "4 strokes"),
        ({"strokes": [[[1, 2, 3]] * 4, [[1, 2, 3]] * 3]}, "6 points"),
    ],
)
def test_strokes_have_limits(fields: dict[str, object], limit: str) -> None:
    with pytest.raises(Problem) as caught:
        read_json(image=URL, **fields)
    assert (caught.value.status, caught.value.code) == (413, "too_large")
    assert caught.value.detail == f"The strokes exceed the limit of {limit}; send the drawing without them."


def test_strokes_within_the_limits_are_read() -> None:
    strokes = [[[1, 2, 3]]] * 4
    assert read_json(image=URL, strokes=strokes).strokes == json.dumps(strokes, separators=(",", ":")).encode()


@pytest.mark.parametrize(("name", "item"), [("strokes", "[[1,2,3]]"), ("pen_widths", "22")])
def test_lists_that_are_too_long_take_no_more_memory_than_their_json(name: str, item: str) -> None:
    body = f'{{"image": "{URL}", "{name}": [{",".join([item] * 100_000)}], "{name}": []}}'
    tracemalloc.start()
    try:
        with contextlib.suppress(Problem):
            read(body, "application/json")
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\fakepath\\seven.png", "seven.png"),
        ("../../etc/seven.png", "seven.png"),
        ("sie\0b\u202een.png", "sieben.png"),
        ("siebenä.png", "siebenä.png"),
        ("7" * 300, "7" * 255),
        ("/", None),
    ],
)
def test_a_file_name_is_reduced_to_its_printable_last_part(sent: str, kept: str | None) -> None:
    assert read_json(image=URL, file_name=sent).file_name == kept
