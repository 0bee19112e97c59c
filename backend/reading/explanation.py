"""Explains how a drawing is read: the ink that supports the answer, activations, and the answers of other networks."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.normalize import SIDE
from backend.reading.recognizer import Network, OnnxNetwork, Recognizer, load_onnx, network_input, ten_probabilities

Form = Literal["plain", "mnist"]

WINDOW = 5  # px of 28, the side of the occluding patch: about twice the stroke width
FLOOR = 1e-12  # floor for probabilities, so that log-odds stay finite
PLAIN_NETWORKS = {"softmax": "Softmax regression", "cnn": "Textbook CNN"}  # models/model_*.onnx


class Evidence(NamedTuple):
    """What the ink of a 28x28 image supports: each float (28, 28), 0 to 1, on the same scale."""

    supports: npt.NDArray[np.float64]  # the answer over the runner-up
    opposes: npt.NDArray[np.float64]  # the runner-up over the answer


class Layer(NamedTuple):
    """The activations of a convolution."""

    kernel: int  # px, the side of the kernel
    sees: int  # px of 28, the side of the receptive field
    maps: Image  # (channels, height, width); 255 is the strongest activation of the layer


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one network reads in a drawing that is given to it in one form."""

    name: str
    form: Annotated[
        Form, msgspec.Meta(description="plain: the whole drawing resized to 28 x 28; mnist: in MNIST's form.")
    ]
    digit: Annotated[int, msgspec.Meta(ge=0, le=9)]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    probabilities: Annotated[tuple[float, ...], msgspec.Meta(min_length=10, max_length=10)]


def occlusion(network: Network, image: Image, digit: int, runner_up: int) -> npt.NDArray[np.float64]:
    """How much each pixel's ink supports `digit` over `runner_up`: float (28, 28), in natural log-odds.

    Occlusion (Zeiler and Fergus, arXiv 1311.2901, section 4.2): a patch of WINDOW px is covered with paper, at every
    position where it hides ink, and the log-odds log(p[digit] / p[runner_up]) are computed again. The value of a pixel
    is the mean decrease over all patches that hide it, times its ink. It is negative where the answer is surer without
    the ink, and always 0 on paper: missing ink is evidence too, but this method doesn't show it.
    """
    margin = WINDOW - 1
    padded = np.pad(image, margin)
    hides_ink = np.lib.stride_tricks.sliding_window_view(padded, (WINDOW, WINDOW)).any(axis=(2, 3))
    patches = [np.s_[top : top + WINDOW, left : left + WINDOW] for top, left in np.argwhere(hides_ink).tolist()]
    if not patches:
        return np.zeros(image.shape)
    images = np.repeat(padded[None], 1 + len(patches), axis=0)  # the first one is not covered
    for covered, patch in zip(images[1:], patches, strict=True):
        covered[patch] = 0
    inside = np.s_[margin:-margin, margin:-margin]
    probabilities = np.maximum(network(network_input(images[:, *inside])), FLOOR).astype(np.float64)
    log_odds = np.log(probabilities[:, digit] / probabilities[:, runner_up])
    decrease, count = np.zeros(padded.shape), np.zeros(padded.shape)
    for patch, covered_log_odds in zip(patches, log_odds[1:], strict=True):
        decrease[patch] += log_odds[0] - covered_log_odds
        count[patch] += 1
    return (decrease / np.maximum(count, 1))[inside] * image / 255


def evidence(log_odds: npt.NDArray[np.float64]) -> Evidence:
    """Split an occlusion map by sign, scaled so that the strongest pixel of both is 1."""
    scaled = log_odds / max(float(np.abs(log_odds).max()), FLOOR)
    return Evidence(np.maximum(scaled, 0), np.maximum(-scaled, 0))


class Explainer:
    """The layers of the recognizer's network, and the networks it is compared with, loaded on first use.

    Its methods are thread-safe. They raise ModelMismatch if a model file is missing, or if the layers are those of
    another network than the recognizer's.
    """

    def __init__(self, folder: Path, recognizer: Recognizer) -> None:
        self._folder = folder
        self._recognizer = recognizer
        self._lock = threading.Lock()
        self._layers: tuple[list[tuple[int, int]], OnnxNetwork] | None = None
        self._plain: dict[str, OnnxNetwork] | None = None

    def layers(self, image: Image) -> list[Layer]:
        """The activations of each convolution for an image, uint8 (28, 28)."""
        with self._lock:
            if self._layers is None:
                run = load_onnx(self._folder / "models" / "model_mnist_layers.onnx", self._recognizer.metadata)
                self._layers = _convolutions(self._folder / "model_mnist.json"), run
        convolutions, run = self._layers
        *outputs, _ = run(network_input(image[None]))
        layers, receptive_field, step = [], 1, 1  # step: px of the image from one output of the layer to the next
        for (kernel, stride), output in zip(convolutions, outputs, strict=True):
            receptive_field += (kernel - 1) * step
            step *= stride
            maps = output[0].transpose(2, 0, 1)
            strongest = max(float(maps.max()), FLOOR)
            layers.append(Layer(kernel, receptive_field, (maps * (255 / strongest)).astype(np.uint8)))
        return layers

    def compare(self, ink: Image, image: Image) -> list[Opinion]:
        """What the networks trained on plain MNIST read in a drawing, and then the recognizer's.

        ink: uint8 (H, W), the whole drawing; image: the same in MNIST's form, uint8 (28, 28). The plain networks read
        both MNIST's form and the drawing merely resized to 28x28, as is common; the recognizer's network reads
        MNIST's form.
        """
        with self._lock:
            if self._plain is None:
                self._plain = {
                    name: load_onnx(self._folder / "models" / f"model_{file}.onnx")
                    for file, name in PLAIN_NETWORKS.items()
                }
        forms: dict[Form, Image] = {"plain": cv2.resize(ink, (SIDE, SIDE)), "mnist": image}
        opinions = []
        for name, run in self._plain.items():
            for form, shown in forms.items():
                opinions.append(_opinion(name, form, run(network_input(shown[None]))[0][0]))
        probabilities = self._recognizer.network(network_input(image[None]))[0]
        opinions.append(_opinion("Digitpad", "mnist", ten_probabilities(probabilities)))
        return opinions


def _convolutions(architecture: Path) -> list[tuple[int, int]]:
    """Kernel and stride of each convolution in model_mnist.json, px."""
    layers = json.loads(architecture.read_text())["config"]["layers"]
    found = (layer["config"] for layer in layers if layer["class_name"] == "Conv2D")
    return [(config["kernel_size"][0], config["strides"][0]) for config in found]


def _opinion(name: str, form: Form, ten: npt.NDArray[np.floating]) -> Opinion:
    digit = int(ten.argmax())
    return Opinion(name=name, form=form, digit=digit, confidence=float(ten[digit]), probabilities=tuple(ten.tolist()))
