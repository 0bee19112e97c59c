"""Explanations: the occlusion map, the activations of the layers, and other networks' answers."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.reading.explanation import Explainer, evidence, occlusion
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize, normalize_piece
from backend.reading.recognizer import Floats, ModelMismatch, Recognizer, network_input
from backend.settings import TOP
from tools.drawings import STROKES, draw


@pytest.fixture(scope="module")
def explainer(recognizer: Recognizer) -> Explainer:
    return Explainer(TOP, recognizer)


def normalized(digit: int) -> Image:
    return normalize(find_ink(draw(digit)))


def linear_network(weights: Floats) -> Any:
    """A softmax regression, for which the effect of each pixel is known: weights (784, 11)."""

    def network(images: Floats) -> Floats:
        logits = images.reshape(len(images), -1) @ weights
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    return network


# The occlusion map


@pytest.mark.parametrize("digit", STROKES)
def test_only_ink_is_evidence(recognizer: Recognizer, digit: int) -> None:
    image = normalized(digit)
    log_odds = occlusion(recognizer.network, image, digit, (digit + 1) % 10)
    assert log_odds.shape == (28, 28)
    assert (log_odds[image == 0] == 0).all()
    assert np.isfinite(log_odds).all()
    assert np.abs(log_odds[image > 0]).max() > 0


def test_covering_blank_paper_changes_nothing(recognizer: Recognizer) -> None:
    assert not occlusion(recognizer.network, np.zeros((28, 28), np.uint8), 3, 8).any()


@pytest.mark.parametrize("digit", STROKES)
def test_evidence_for_the_answer_is_evidence_against_the_runner_up(recognizer: Recognizer, digit: int) -> None:
    image = normalized(digit)
    there = occlusion(recognizer.network, image, digit, 8 if digit != 8 else 3)
    back = occlusion(recognizer.network, image, 8 if digit != 8 else 3, digit)
    np.testing.assert_allclose(there, -back, atol=1e-9)


@settings(max_examples=25)
@given(row=st.integers(0, 27), column=st.integers(0, 27), weight=st.floats(0.5, 3))
def test_the_only_pixel_that_a_network_uses_is_marked(row: int, column: int, weight: float) -> None:
    weights = np.zeros((784, 11), np.float32)
    weights[28 * row + column, 4] = weight
    image = np.full((28, 28), 255, np.uint8)
    log_odds = occlusion(linear_network(weights), image, 4, 9)
    assert log_odds[row, column] == pytest.approx(weight, rel=1e-3)  # each patch that covers it removes all evidence
    assert log_odds[row, column] == pytest.approx(log_odds.max())
    far = np.ones((28, 28), bool)
    far[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5] = False
    assert np.abs(log_odds[far]).max() < 1e-4


def test_ink_of_another_digit_is_evidence_for_it(recognizer: Recognizer) -> None:
    """A 7 with a long foot could be a 2: the foot supports the 2."""
    drawing = draw(7)
    cv2.line(drawing, (100, 230), (210, 230), 0, 18, cv2.LINE_AA)
    piece = normalize_piece(find_ink(drawing))
    log_odds = occlusion(recognizer.network, piece.ink, 7, 2)
    foot_from = int((205 - piece.box.top) / piece.box.height * 28)
    assert log_odds[foot_from:].sum() < 0 < log_odds[: foot_from - 10].sum()


def test_both_sides_of_the_evidence_have_the_same_scale() -> None:
    sides = evidence(np.array([[4.0, -1.0], [0.0, 2.0]]))
    np.testing.assert_array_equal(sides.supports, [[1, 0], [0, 0.5]])
    np.testing.assert_array_equal(sides.opposes, [[0, 0.25], [0, 0]])


def test_no_evidence_is_an_empty_map() -> None:
    sides = evidence(np.zeros((28, 28)))
    assert not sides.supports.any()
    assert not sides.opposes.any()


# The position of the 28x28 image on the drawing


@given(
    digit=st.sampled_from(sorted(STROKES)),
    side=st.integers(80, 220),
    left=st.floats(0, 1),
    top=st.floats(0, 1),
    pen=st.integers(10, 24),
)
def test_the_28_by_28_image_scaled_to_its_box_covers_the_drawing(
    digit: int, side: int, left: float, top: float, pen: int
) -> None:
    room = 280 - side - 2 * pen
    ink = 255 - draw(digit, side=side, left=int(pen + left * room), top=int(pen + top * room), pen=pen)
    image, box = normalize_piece(ink)
    across, down = box.width / 28, box.height / 28
    laid = cv2.warpAffine(
        cv2.resize(image, None, fx=8, fy=8, interpolation=cv2.INTER_LINEAR),
        np.array([[across / 8, 0, box.left + across / 16 - 0.5], [0, down / 8, box.top + down / 16 - 0.5]]),
        (280, 280),
    )
    found, drawn = (cv2.boundingRect((each > 127).astype(np.uint8)) for each in (laid, ink))
    growth = 0.11 * side  # the stroke width is normalized
    assert np.abs(np.array(found[:2]) - drawn[:2]).max() <= growth
    assert np.abs(np.array(found[:2]) + found[2:] - drawn[:2] - drawn[2:]).max() <= growth
    middle = np.array(found[:2]) + np.array(found[2:]) / 2 - drawn[:2] - np.array(drawn[2:]) / 2
    assert np.abs(middle).max() <= 0.05 * side + 1


# The layers


def test_deeper_layers_have_smaller_maps_and_larger_receptive_fields(explainer: Explainer) -> None:
    layers = explainer.layers(normalized(5))
    assert len(layers) >= 3
    assert [layer.sees for layer in layers] == sorted({layer.sees for layer in layers})
    sides = [layer.maps.shape[1] for layer in layers]
    assert sides == sorted(sides, reverse=True)
    assert all(side < 28 for side in sides)
    assert all(layer.maps.max() >= 254 for layer in layers)


def test_the_receptive_field_of_the_first_layer_is_its_kernel(explainer: Explainer) -> None:
    first = explainer.layers(normalized(5))[0]
    assert first.sees == first.kernel


@pytest.mark.parametrize("which", range(4))
def test_an_activation_depends_on_its_receptive_field_only(recognizer: Recognizer, which: int) -> None:
    """Far from a changed pixel, the outputs of a layer stay the same."""
    explainer = Explainer(TOP, recognizer)
    before = np.zeros((28, 28), np.uint8)
    after = before.copy()
    after[14, 14] = 255
    layer = explainer.layers(before)[which]
    assert explainer._layers is not None
    _, run = explainer._layers
    outputs = [run(network_input(each[None]))[which][0] for each in (before, after)]
    changed = np.argwhere(np.abs(outputs[0] - outputs[1]).max(axis=2) > 1e-6)
    apart = 28 / outputs[0].shape[0]
    assert len(changed) > 0
    assert np.ptp(changed, axis=0).max() <= np.ceil(layer.sees / np.floor(apart))


def test_networks_are_loaded_once_for_all_threads(recognizer: Recognizer) -> None:
    explainer = Explainer(TOP, recognizer)
    image = normalized(3)
    found: list[tuple[int, int]] = []

    def ask() -> None:
        explainer.layers(image)
        explainer.compare(image, image)
        found.append((id(explainer._layers), id(explainer._plain)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_layers_of_another_training_are_refused(recognizer: Recognizer, tmp_path: Path) -> None:
    shutil.copy(TOP / "model_mnist.json", tmp_path)
    (tmp_path / "models").mkdir()
    shutil.copy(TOP / "models" / "model_softmax.onnx", tmp_path / "models" / "model_mnist_layers.onnx")
    with pytest.raises(ModelMismatch, match="is not an export of"):
        Explainer(tmp_path, recognizer).layers(normalized(3))


# Other networks' answers


@pytest.mark.parametrize("digit", STROKES)
def test_five_opinions_and_the_last_is_the_recognizers(
    recognizer: Recognizer, explainer: Explainer, digit: int
) -> None:
    ink = find_ink(draw(digit))
    image = normalize(ink)
    opinions = explainer.compare(ink, image)
    assert [(opinion.name, opinion.form) for opinion in opinions] == [
        ("Softmax regression", "plain"),
        ("Softmax regression", "mnist"),
        ("Textbook CNN", "plain"),
        ("Textbook CNN", "mnist"),
        ("Digitpad", "mnist"),
    ]
    for opinion in opinions:
        assert sum(opinion.probabilities) == pytest.approx(1, abs=1e-5)
        assert opinion.confidence == opinion.probabilities[opinion.digit] == max(opinion.probabilities)
    reading = recognizer.read(image)
    assert opinions[-1].digit == reading.digit
    assert opinions[-1].confidence == pytest.approx(reading.confidence, abs=1e-6)


def test_a_digit_in_a_corner_is_read_better_in_mnists_form(explainer: Explainer) -> None:
    wrong: dict[str, int] = {"plain": 0, "mnist": 0}
    for digit in STROKES:
        ink = find_ink(draw(digit, side=80, left=15, top=15, pen=9))
        cnn = [opinion for opinion in explainer.compare(ink, normalize(ink)) if opinion.name == "Textbook CNN"]
        for opinion in cnn:
            wrong[opinion.form] += opinion.digit != digit
    assert wrong["mnist"] < wrong["plain"]
