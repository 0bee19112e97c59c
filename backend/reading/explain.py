"""Why a drawing was read as it was: what its parts spoke for, what each layer made of it, what other networks read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from backend.reading.normalize import SIDE
from backend.reading.recognizer import Floats, Network, Recognizer, among_digits, open_onnx

Image = npt.NDArray[np.uint8]
Form = Literal["plain", "mnist"]

WINDOW = 5  # px of 28, the side of the patch that is covered: about twice a stroke's width
LEAST = 1e-12  # a probability below which log-odds are no longer told apart
PLAIN_NETWORKS = {"softmax": "Softmax regression", "cnn": "CNN as it is taught"}  # models/model_*.onnx


class Evidence(NamedTuple):
    """What the ink of a 28x28 picture spoke for, each float (28, 28), 0 to 1, on one scale."""

    supports: npt.NDArray[np.float64]  # the answer, against the runner-up
    opposes: npt.NDArray[np.float64]  # the runner-up, against the answer


class Layer(NamedTuple):
    """What a convolution makes of a picture."""

    kernel: int  # px, the side of what it looks at in the layer before
    sees: int  # px, the side of what one of its values depends on in the 28x28 picture
    maps: Image  # (channels, height, width), 255 the strongest of the layer


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one network reads in a drawing that reaches it in one form."""

    name: str
    form: Annotated[
        Form, msgspec.Meta(description="plain: the whole drawing resized to 28 x 28; mnist: in MNIST's form.")
    ]
    digit: Annotated[int, msgspec.Meta(ge=0, le=9)]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    probabilities: Annotated[tuple[float, ...], msgspec.Meta(min_length=10, max_length=10)]


def occlusion(network: Network, picture: Image, digit: int, runner_up: int) -> npt.NDArray[np.float64]:
    """How much each pixel's ink speaks for `digit` against `runner_up`: float (28, 28), in natural log-odds.

    Occlusion (Zeiler and Fergus, arXiv 1311.2901, section 4.2): a patch of WINDOW px is covered with paper, at every
    place where it hides ink, and the log-odds log(p[digit] / p[runner_up]) are measured again. A pixel's value is the
    mean fall over the patches that hide it, times its ink. Below zero: the answer is surer without that ink. Paper
    is always 0: that ink is missing somewhere speaks too, but this doesn't show it.
    """
    margin = WINDOW - 1
    padded = np.pad(picture, margin)
    hides_ink = np.lib.stride_tricks.sliding_window_view(padded, (WINDOW, WINDOW)).any(axis=(2, 3))
    patches = [np.s_[top : top + WINDOW, left : left + WINDOW] for top, left in np.argwhere(hides_ink).tolist()]
    if not patches:
        return np.zeros(picture.shape)
    pictures = np.repeat(padded[None], 1 + len(patches), axis=0)
    for covered, patch in zip(pictures[1:], patches, strict=True):
        covered[patch] = 0
    inside = np.s_[margin:-margin, margin:-margin]
    eleven = np.maximum(network(_as_input(pictures[:, *inside])), LEAST).astype(np.float64)
    log_odds = np.log(eleven[:, digit] / eleven[:, runner_up])
    fall, count = np.zeros(padded.shape), np.zeros(padded.shape)
    for patch, covered_odds in zip(patches, log_odds[1:], strict=True):
        fall[patch] += log_odds[0] - covered_odds
        count[patch] += 1
    return (fall / np.maximum(count, 1))[inside] * picture / 255


def evidence(log_odds: npt.NDArray[np.float64]) -> Evidence:
    """An occlusion map as its two sides, the strongest pixel of both being 1."""
    scaled = log_odds / max(float(np.abs(log_odds).max()), LEAST)
    return Evidence(np.maximum(scaled, 0), np.maximum(-scaled, 0))


class Explainer:
    """The shipped network's layers and the networks that it is compared with, loaded when they are first asked for.

    Its methods may be called from any thread. They raise ModelMismatch where a file is missing, or the layers are not
    of the network that answers.
    """

    def __init__(self, folder: Path, recognizer: Recognizer) -> None:
        self._folder = folder
        self._recognizer = recognizer
        self._loading = threading.Lock()
        self._layers: tuple[list[tuple[int, int]], Callable[[Floats], list[Floats]]] | None = None
        self._plain: dict[str, Callable[[Floats], list[Floats]]] | None = None

    def layers(self, picture: Image) -> list[Layer]:
        """What each convolution of the network makes of a picture, uint8 (28, 28)."""
        with self._loading:
            if self._layers is None:
                run = open_onnx(self._folder / "models" / "model_mnist_layers.onnx", self._recognizer.about)
                self._layers = _convolutions(self._folder / "model_mnist.json"), run
        convolutions, run = self._layers
        *outputs, _ = run(_as_input(picture[None]))
        layers, sees, apart = [], 1, 1
        for (kernel, stride), output in zip(convolutions, outputs, strict=True):
            sees += (kernel - 1) * apart
            apart *= stride
            maps = output[0].transpose(2, 0, 1)
            strongest = max(float(maps.max()), LEAST)
            layers.append(Layer(kernel, sees, (maps * (255 / strongest)).astype(np.uint8)))
        return layers

    def compare(self, ink: Image, picture: Image) -> list[Opinion]:
        """What networks trained on MNIST alone read in a drawing, and the shipped one.

        ink: uint8 (H, W), the whole drawing; picture: the same in MNIST's form, uint8 (28, 28). Networks of MNIST
        alone get each: the whole drawing merely resized to 28x28 (by cv2.resize, as it is commonly done), and MNIST's
        form. The shipped one gets its own.
        """
        with self._loading:
            if self._plain is None:
                self._plain = {
                    name: open_onnx(self._folder / "models" / f"model_{file}.onnx")
                    for file, name in PLAIN_NETWORKS.items()
                }
        forms: dict[Form, Image] = {"plain": cv2.resize(ink, (SIDE, SIDE)), "mnist": picture}
        opinions = []
        for name, run in self._plain.items():
            for form, shown in forms.items():
                opinions.append(_opinion(name, form, run(_as_input(shown[None]))[0][0]))
        shipped = self._recognizer.network(_as_input(picture[None]))[0]
        opinions.append(_opinion("Digitpad", "mnist", among_digits(shipped)))
        return opinions


def _as_input(pictures: Image) -> Floats:
    """uint8 (n, 28, 28) as networks take them: float32 (n, 28, 28, 1) in [0, 1]."""
    return pictures[..., None].astype(np.float32) / np.float32(255)


def _convolutions(architecture: Path) -> list[tuple[int, int]]:
    """Kernel and stride of each convolution in model_mnist.json, px."""
    layers = json.loads(architecture.read_text())["config"]["layers"]
    found = (layer["config"] for layer in layers if layer["class_name"] == "Conv2D")
    return [(config["kernel_size"][0], config["strides"][0]) for config in found]


def _opinion(name: str, form: Form, ten: npt.NDArray[np.floating]) -> Opinion:
    digit = int(ten.argmax())
    return Opinion(name=name, form=form, digit=digit, confidence=float(ten[digit]), probabilities=tuple(ten.tolist()))
