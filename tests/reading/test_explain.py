"""Explanations: laws of the occlusion map, the layers' maps, other networks' opinions, and POST /explain."""

from __future__ import annotations

import base64
import dataclasses
import shutil
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.reading.decode import decode
from backend.reading.explain import Explainer, evidence, occlusion
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize, normalize_piece
from backend.reading.recognizer import Floats, ModelMismatch, Recognizer
from backend.settings import TOP
from tools.drawings import SEVEN_URL, STROKES, as_data_url, as_file, draw


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(TOP)


@pytest.fixture(scope="module")
def explainer(recognizer: Recognizer) -> Explainer:
    return Explainer(TOP, recognizer)


def in_mnists_form(digit: int) -> Image:
    return normalize(find_ink(draw(digit)))


def linear_network(weights: Floats) -> Any:
    """A softmax regression whose effect of each pixel is known: weights (784, 11)."""

    def network(pictures: Floats) -> Floats:
        logits = pictures.reshape(len(pictures), -1) @ weights
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    return network


# The occlusion map


@pytest.mark.parametrize("digit", STROKES)
def test_only_ink_speaks(recognizer: Recognizer, digit: int) -> None:
    picture = in_mnists_form(digit)
    log_odds = occlusion(recognizer.network, picture, digit, (digit + 1) % 10)
    assert log_odds.shape == (28, 28)
    assert (log_odds[picture == 0] == 0).all()
    assert np.isfinite(log_odds).all()
    assert np.abs(log_odds[picture > 0]).max() > 0


def test_covering_blank_paper_changes_nothing(recognizer: Recognizer) -> None:
    assert not occlusion(recognizer.network, np.zeros((28, 28), np.uint8), 3, 8).any()


@pytest.mark.parametrize("digit", STROKES)
def test_what_speaks_for_the_answer_speaks_against_the_runner_up(recognizer: Recognizer, digit: int) -> None:
    picture = in_mnists_form(digit)
    there = occlusion(recognizer.network, picture, digit, 8 if digit != 8 else 3)
    back = occlusion(recognizer.network, picture, 8 if digit != 8 else 3, digit)
    np.testing.assert_allclose(there, -back, atol=1e-9)


@settings(max_examples=25)
@given(row=st.integers(0, 27), column=st.integers(0, 27), weight=st.floats(0.5, 3))
def test_the_ink_that_a_network_goes_by_is_the_ink_that_is_marked(row: int, column: int, weight: float) -> None:
    weights = np.zeros((784, 11), np.float32)
    weights[28 * row + column, 4] = weight
    picture = np.full((28, 28), 255, np.uint8)
    log_odds = occlusion(linear_network(weights), picture, 4, 9)
    assert log_odds[row, column] == pytest.approx(weight, rel=1e-3)  # each patch over it takes all of it away
    assert log_odds[row, column] == pytest.approx(log_odds.max())
    far = np.ones((28, 28), bool)
    far[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5] = False
    assert np.abs(log_odds[far]).max() < 1e-4


def test_a_crossed_out_digit_is_surer_without_the_cross(recognizer: Recognizer) -> None:
    """A 7 with a long foot could be a 2: the foot is what spoke for the 2."""
    drawing = draw(7)
    cv2.line(drawing, (100, 230), (210, 230), 0, 18, cv2.LINE_AA)
    piece = normalize_piece(find_ink(drawing))
    log_odds = occlusion(recognizer.network, piece.ink, 7, 2)
    foot_from = int((205 - piece.box.top) / piece.box.height * 28)
    assert log_odds[foot_from:].sum() < 0 < log_odds[: foot_from - 10].sum()


def test_both_sides_of_the_evidence_are_on_one_scale() -> None:
    sides = evidence(np.array([[4.0, -1.0], [0.0, 2.0]]))
    np.testing.assert_array_equal(sides.supports, [[1, 0], [0, 0.5]])
    np.testing.assert_array_equal(sides.opposes, [[0, 0.25], [0, 0]])


def test_no_evidence_is_an_empty_map() -> None:
    sides = evidence(np.zeros((28, 28)))
    assert not sides.supports.any()
    assert not sides.opposes.any()


# Where the 28x28 lies on the drawing


@given(
    digit=st.sampled_from(sorted(STROKES)),
    side=st.integers(80, 220),
    left=st.floats(0, 1),
    top=st.floats(0, 1),
    pen=st.integers(10, 24),
)
def test_the_28_by_28_laid_on_its_box_covers_the_drawing(
    digit: int, side: int, left: float, top: float, pen: int
) -> None:
    room = 280 - side - 2 * pen
    ink = 255 - draw(digit, side=side, left=int(pen + left * room), top=int(pen + top * room), pen=pen)
    picture, box = normalize_piece(ink)
    across, down = box.width / 28, box.height / 28
    laid = cv2.warpAffine(
        cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_LINEAR),
        np.array([[across / 8, 0, box.left + across / 16 - 0.5], [0, down / 8, box.top + down / 16 - 0.5]]),
        (280, 280),
    )
    found, drawn = (cv2.boundingRect((each > 127).astype(np.uint8)) for each in (laid, ink))
    growth = 0.11 * side  # the stroke is brought to MNIST's width
    assert np.abs(np.array(found[:2]) - drawn[:2]).max() <= growth
    assert np.abs(np.array(found[:2]) + found[2:] - drawn[:2] - drawn[2:]).max() <= growth
    middle = np.array(found[:2]) + np.array(found[2:]) / 2 - drawn[:2] - np.array(drawn[2:]) / 2
    assert np.abs(middle).max() <= 0.05 * side + 1


# The layers


def test_each_layer_is_shown_as_wide_as_it_is(explainer: Explainer) -> None:
    layers = explainer.layers(in_mnists_form(5))
    assert len(layers) >= 3
    assert [layer.sees for layer in layers] == sorted({layer.sees for layer in layers})
    sides = [layer.maps.shape[1] for layer in layers]
    assert sides == sorted(sides, reverse=True)
    assert all(side < 28 for side in sides)
    assert all(layer.maps.max() >= 254 for layer in layers)


def test_the_first_layer_sees_as_far_as_its_kernel(explainer: Explainer) -> None:
    first = explainer.layers(in_mnists_form(5))[0]
    assert first.sees == first.kernel


@pytest.mark.parametrize("which", range(4))
def test_a_value_depends_on_no_more_than_it_sees(recognizer: Recognizer, which: int) -> None:
    """Far from a changed pixel, a layer's outputs are what they were."""
    explainer = Explainer(TOP, recognizer)
    before = np.zeros((28, 28), np.uint8)
    after = before.copy()
    after[14, 14] = 255
    layer = explainer.layers(before)[which]
    assert explainer._layers is not None
    _, run = explainer._layers
    outputs = [run(each[None, :, :, None].astype(np.float32) / np.float32(255))[which][0] for each in (before, after)]
    changed = np.argwhere(np.abs(outputs[0] - outputs[1]).max(axis=2) > 1e-6)
    apart = 28 / outputs[0].shape[0]
    assert len(changed) > 0
    assert np.ptp(changed, axis=0).max() <= np.ceil(layer.sees / np.floor(apart))


def test_it_is_loaded_once_for_all_threads(recognizer: Recognizer) -> None:
    explainer = Explainer(TOP, recognizer)
    picture = in_mnists_form(3)
    found: list[tuple[int, int]] = []

    def ask() -> None:
        explainer.layers(picture)
        explainer.compare(picture, picture)
        found.append((id(explainer._layers), id(explainer._plain)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_layers_of_another_training_are_refused_in_words(recognizer: Recognizer, tmp_path: Path) -> None:
    shutil.copy(TOP / "model_mnist.json", tmp_path)
    (tmp_path / "models").mkdir()
    shutil.copy(TOP / "models" / "model_softmax.onnx", tmp_path / "models" / "model_mnist_layers.onnx")
    with pytest.raises(ModelMismatch, match="is not an export of"):
        Explainer(tmp_path, recognizer).layers(in_mnists_form(3))


# Other networks' opinions


@pytest.mark.parametrize("digit", STROKES)
def test_five_opinions_the_last_being_the_shipped_networks(
    recognizer: Recognizer, explainer: Explainer, digit: int
) -> None:
    ink = find_ink(draw(digit))
    picture = normalize(ink)
    opinions = explainer.compare(ink, picture)
    assert [(opinion.name, opinion.form) for opinion in opinions] == [
        ("Softmax regression", "plain"),
        ("Softmax regression", "mnist"),
        ("CNN as it is taught", "plain"),
        ("CNN as it is taught", "mnist"),
        ("Digitpad", "mnist"),
    ]
    for opinion in opinions:
        assert sum(opinion.probabilities) == pytest.approx(1, abs=1e-5)
        assert opinion.confidence == opinion.probabilities[opinion.digit] == max(opinion.probabilities)
    shipped = recognizer.read(picture)
    assert opinions[-1].digit == shipped.digit
    assert opinions[-1].confidence == pytest.approx(shipped.confidence, abs=1e-6)


def test_a_digit_in_a_corner_shows_what_mnists_form_buys(explainer: Explainer) -> None:
    wrong: dict[str, int] = {"plain": 0, "mnist": 0}
    for digit in STROKES:
        ink = find_ink(draw(digit, side=80, left=15, top=15, pen=9))
        cnn = [opinion for opinion in explainer.compare(ink, normalize(ink)) if opinion.name == "CNN as it is taught"]
        for opinion in cnn:
            wrong[opinion.form] += opinion.digit != digit
    assert wrong["mnist"] < wrong["plain"]


# POST /explain


def pixels_of(url: str) -> Image:
    return decode(base64.b64decode(url.partition(",")[2]), 28 * 28).pixels


def alpha(url: str) -> Image:
    veil = pixels_of(url)
    assert veil.shape == (28, 28, 4)
    assert not veil[..., :3].any()
    strength: Image = veil[..., 3]
    return strength


def test_an_explanation_has_what_the_contract_names(client: FlaskClient) -> None:
    answer = client.post("/explain", data=SEVEN_URL)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    told = answer.get_json()
    read = client.post("/predict?record=false", data=SEVEN_URL).get_json()
    for same in ("digit", "runner_up", "seen", "model_version"):
        assert told[same] == read[same]
    supports, against = alpha(told["for"]), alpha(told["against"])
    assert max(supports.max(), against.max()) == 255
    assert not ((supports > 0) & (against > 0)).any()
    for layer in told["layers"]:
        height, width, maps = layer["shape"]
        assert len(layer["maps"]) == maps
        assert pixels_of(layer["maps"][0]).shape == (height, width)
    assert told["models"][-1]["digit"] == told["digit"]


def test_the_place_is_in_shares_of_the_drawing_however_large_it_is_sent(client: FlaskClient) -> None:
    small = client.post("/explain", data=SEVEN_URL).get_json()["place"]
    large = draw(7, size=840, side=540, left=150, top=150, pen=54)
    assert client.post("/explain", data=as_data_url(as_file(large))).get_json()["place"] == pytest.approx(
        small, abs=0.02
    )
    assert small["left"] < 62 / 280  # the 7's left end
    assert small["left"] + small["width"] > 208 / 280  # and its right one


def test_nothing_is_recorded(client: FlaskClient) -> None:
    client.post("/explain", data=SEVEN_URL)
    assert client.get("/records").get_json()["records"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("", 400, "empty_body"), ("seven", 400, "not_a_data_url"), (None, 422, "blank_drawing")],
)
def test_what_predict_refuses_is_refused_here(client: FlaskClient, body: str | None, status: int, code: str) -> None:
    blank = as_data_url(as_file(np.full((280, 280), 255, np.uint8)))
    answer = client.post("/explain", data=blank if body is None else body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code


def test_a_missing_network_is_said_in_words(app: Flask, tmp_path: Path) -> None:
    services = app.extensions["digitpad"]
    explainer = Explainer(tmp_path, services.recognizer)
    app.extensions["digitpad"] = dataclasses.replace(services, explainer=explainer)
    answer = app.test_client().post("/explain", data=SEVEN_URL)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "explanation_unavailable")
    assert "model_mnist_layers.onnx is missing" in answer.get_json()["detail"]
