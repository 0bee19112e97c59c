"""POST /explain."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.reading.decode import decode
from backend.reading.explanation import Explainer
from backend.reading.image import Image
from tools.drawings import SEVEN_URL, as_data_url, as_file, draw, draw_strokes, number_strokes


def pixels_of(url: str) -> Image:
    return decode(base64.b64decode(url.partition(",")[2]), 28 * 28).pixels


def alpha(url: str) -> Image:
    image = pixels_of(url)
    assert image.shape == (28, 28, 4)
    assert not image[..., :3].any()
    opacity: Image = image[..., 3]
    return opacity


def test_an_explanation_agrees_with_the_prediction(client: FlaskClient) -> None:
    answer = client.post("/explain", data=SEVEN_URL)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    explanation = answer.get_json()
    read = client.post("/predict?record=false", data=SEVEN_URL).get_json()
    for same in ("digit", "runner_up", "seen", "model_version"):
        assert explanation[same] == read[same]
    supports, against = alpha(explanation["for"]), alpha(explanation["against"])
    assert max(supports.max(), against.max()) == 255
    assert not ((supports > 0) & (against > 0)).any()
    for layer in explanation["layers"]:
        height, width, maps = layer["shape"]
        assert len(layer["maps"]) == maps
        assert pixels_of(layer["maps"][0]).shape == (height, width)
    assert explanation["models"][-1]["digit"] == explanation["digit"]


def test_the_place_is_a_fraction_of_the_drawing_at_any_size(client: FlaskClient) -> None:
    small = client.post("/explain", data=SEVEN_URL).get_json()["place"]
    large = draw(7, size=840, side=540, left=150, top=150, pen=54)
    assert client.post("/explain", data=as_data_url(as_file(large))).get_json()["place"] == pytest.approx(
        small, abs=0.02
    )
    assert small["left"] < 62 / 280  # the 7's left end
    assert small["left"] + small["width"] > 208 / 280  # and its right one


def test_one_digit_of_a_number_is_explained_where_it_is(client: FlaskClient) -> None:
    strokes = number_strokes("320", step=52)  # they overlap, so the strokes tell them apart
    body = {
        "image": as_data_url(as_file(draw_strokes(strokes))),
        "strokes": [[[x, y, 0] for x, y in stroke.tolist()] for stroke in strokes],
        "pen_widths": [10] * len(strokes),
    }
    digits = client.post("/predict?record=false", json=body).get_json()["digits"]
    assert [each["digit"] for each in digits] == [3, 2, 0]
    for k, each in enumerate(digits):
        explanation = client.post(f"/explain?digit={k}", json=body).get_json()
        assert explanation["digit"] == explanation["models"][-1]["digit"] == each["digit"]
        left, _, width, _ = each["box"]
        place = explanation["place"]
        assert place["left"] + place["width"] / 2 == pytest.approx(left + width / 2, abs=0.05)


@pytest.mark.parametrize(
    ("image", "digit"), [(SEVEN_URL, 0), (as_data_url(as_file(draw_strokes(number_strokes("20")))), 2)]
)
def test_a_digit_that_is_not_there_cannot_be_explained(client: FlaskClient, image: str, digit: int) -> None:
    answer = client.post(f"/explain?digit={digit}", data=image)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "no_such_digit")


def test_nothing_is_recorded(client: FlaskClient) -> None:
    client.post("/explain", data=SEVEN_URL)
    assert client.get("/records").get_json()["records"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("", 400, "empty_body"), ("seven", 400, "not_a_data_url"), (None, 422, "blank_drawing")],
)
def test_requests_that_predict_refuses_are_refused(
    client: FlaskClient, body: str | None, status: int, code: str
) -> None:
    blank = as_data_url(as_file(np.full((280, 280), 255, np.uint8)))
    answer = client.post("/explain", data=blank if body is None else body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code


def test_a_missing_network_is_reported(app: Flask, tmp_path: Path) -> None:
    services = app.extensions["digitpad"]
    explainer = Explainer(tmp_path, services.recognizer)
    app.extensions["digitpad"] = dataclasses.replace(services, explainer=explainer)
    answer = app.test_client().post("/explain", data=SEVEN_URL)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "explanation_unavailable")
    assert "model_mnist_layers.onnx is missing" in answer.get_json()["detail"]
