"""From a 28x28 picture to probabilities and a verdict, by the network in model_mnist.*."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from backend.reading.verdict import Verdict

Floats = npt.NDArray[np.float32]
Runtime = Literal["onnx", "keras"]

FORMAT = 1  # of the model files, as mnist_train.py writes it
TRAIN_HINT = "Run script/train to make the files anew, or restore them from the repository."


class ModelMismatch(Exception):
    """The model's files, or what is to run them, are missing, of another version, or don't belong together."""


class Reading(NamedTuple):
    """What the network makes of a drawing."""

    digit: int
    confidence: float  # calibrated: the probability of `digit`
    probabilities: tuple[float, ...]  # ten, summing to 1
    runner_up: int
    verdict: Verdict


class Network(Protocol):
    def __call__(self, pictures: Floats) -> Floats:
        """(n, 28, 28, 1) in [0, 1] to (n, 11) probabilities: the ten digits and `not a digit`."""


class Recognizer:
    """Reads 28x28 pictures. Load it once a process; `read` may be called from any thread.

    Raises ModelMismatch where the files in `folder` don't belong together or to this version.
    """

    def __init__(self, folder: Path, runtime: Runtime = "onnx") -> None:
        self.about = about = _about(folder)
        self.network: Network = _onnx(folder, about) if runtime == "onnx" else _keras(folder)
        self.version: str = about["weights_sha256"][:12]
        self._sure: float = about["sure"]
        self._not_a_digit: float = about["not_a_digit"]

    def read(self, picture: npt.NDArray[np.uint8]) -> Reading:
        """picture: uint8 (28, 28) in MNIST's form, light ink on black."""
        return self.judge(self.network(picture.reshape(1, 28, 28, 1).astype(np.float32) / np.float32(255))[0])

    def judge(self, eleven: Floats) -> Reading:
        """The verdict on the network's eleven probabilities.

        `not_a_digit` where the eleventh class is likelier than its threshold; `digit` where the confidence reaches
        the one that was chosen on writers kept from training; else `unsure`.
        """
        ten = among_digits(eleven)
        second, first = np.argsort(ten)[-2:].tolist()
        confidence = float(ten[first])
        verdict: Verdict = "unsure"
        if eleven[10] > self._not_a_digit:
            verdict = "not_a_digit"
        elif confidence >= self._sure:
            verdict = "digit"
        return Reading(first, confidence, tuple(ten.tolist()), second, verdict)


def among_digits(eleven: Floats) -> npt.NDArray[np.float64]:
    """Eleven probabilities (..., 11) as ten that sum to 1 (..., 10): what is no digit could as well be any of them."""
    ten = eleven[..., :10].astype(np.float64) + eleven[..., 10:].astype(np.float64) / 10
    return ten / ten.sum(axis=-1, keepdims=True)


def _about(folder: Path) -> Any:
    """What model_mnist.json says of itself, checked against the weights beside it."""
    architecture, weights = folder / "model_mnist.json", folder / "model_mnist.h5"
    for path in (architecture, weights):
        if not path.is_file():
            raise ModelMismatch(f"{path} is missing. {TRAIN_HINT}")
    try:
        about = json.loads(architecture.read_text()).get("digitpad", {})
    except ValueError:
        raise ModelMismatch(f"{architecture} is damaged. {TRAIN_HINT}") from None
    if about.get("format") != FORMAT:
        found = about.get("format", "none")
        raise ModelMismatch(f"{architecture} has format {found}, this version reads {FORMAT}. {TRAIN_HINT}")
    if about["weights_sha256"] != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise ModelMismatch(f"{weights} is not the weights that {architecture} was written with. {TRAIN_HINT}")
    return about


def _onnx(folder: Path, about: Any) -> Network:
    """The export that serves: no TensorFlow."""
    run = open_onnx(folder / "models" / "model_mnist.onnx", about)

    def network(pictures: Floats) -> Floats:
        return run(pictures)[0]

    return network


def open_onnx(path: Path, about: Any = None) -> Callable[[Floats], list[Floats]]:
    """An exported network, from (n, 28, 28, 1) in [0, 1] to its outputs; one thread a call, since the server has
    threads of its own.

    Raises ModelMismatch where the file is missing or damaged, or says something else of itself than `about`.
    """
    import onnxruntime as ort

    if not path.is_file():
        raise ModelMismatch(f"{path} is missing. {TRAIN_HINT}")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own have no common class
        raise ModelMismatch(f"{path} is damaged. {TRAIN_HINT}") from error
    of_itself = json.loads(session.get_modelmeta().custom_metadata_map.get("digitpad", "{}"))
    if about is not None and of_itself != about:
        raise ModelMismatch(f"{path} is not an export of model_mnist.json and model_mnist.h5. {TRAIN_HINT}")
    name = session.get_inputs()[0].name

    def run(pictures: Floats) -> list[Floats]:
        return session.run(None, {name: pictures})

    return run


def _keras(folder: Path) -> Network:
    """model_mnist.json and model_mnist.h5 themselves, for who has TensorFlow installed."""
    try:
        import keras
        import tensorflow as tf
    except ModuleNotFoundError as error:
        raise ModelMismatch(
            f"MODEL_RUNTIME=keras needs {error.name}, which serving alone doesn't; run script/environment train."
        ) from None

    model = keras.models.model_from_json((folder / "model_mnist.json").read_text())
    model.load_weights(folder / "model_mnist.h5")
    signature = [tf.TensorSpec((None, 28, 28, 1), tf.float32)]
    graph = tf.function(lambda pictures: model(pictures, training=False), input_signature=signature)

    def network(pictures: Floats) -> Floats:
        return graph(tf.constant(pictures)).numpy()

    return network
