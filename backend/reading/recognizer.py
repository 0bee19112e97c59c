"""Recognizes the digit in a 28x28 image with the network in model_mnist.*."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.verdict import Verdict

Floats = npt.NDArray[np.float32]
Runtime = Literal["onnx", "keras"]
OnnxNetwork = Callable[[Floats], list[Floats]]  # (n, 28, 28, 1) in [0, 1] to the outputs of the network

FORMAT = 1  # of the model files, as mnist_train.py writes it
TRAIN_HINT = "Run script/train to create the files again, or restore them from the repository."


class ModelMismatch(Exception):
    """A model file, or the runtime for it, is missing, damaged, of another version, or belongs to another training."""


class Reading(NamedTuple):
    """What the network reads in a drawing."""

    digit: int
    confidence: float  # calibrated: the probability of `digit`
    probabilities: tuple[float, ...]  # ten, summing to 1
    runner_up: int
    verdict: Verdict

    @property
    def result(self) -> str:
        """ "0" to "9", or "not a digit"."""
        return "not a digit" if self.verdict == "not_a_digit" else str(self.digit)


class Network(Protocol):
    def __call__(self, images: Floats) -> Floats:
        """(n, 28, 28, 1) in [0, 1] to (n, 11) probabilities: the ten digits and `not a digit`."""


class Recognizer:
    """Reads 28x28 images. Load it once per process; it is thread-safe.

    Raises ModelMismatch if the model files in `folder` are missing, damaged, or don't belong together.
    """

    def __init__(self, folder: Path, runtime: Runtime = "onnx") -> None:
        self.metadata = metadata = _read_metadata(folder)
        self.network: Network = _onnx(folder, metadata) if runtime == "onnx" else _keras(folder)
        self.version: str = metadata["weights_sha256"][:12]
        self._sure: float = metadata["sure"]
        self._not_a_digit: float = metadata["not_a_digit"]

    def read(self, image: Image) -> Reading:
        """image: uint8 (28, 28) in MNIST's form, light ink on black."""
        return self.judge(self.network(network_input(image[None]))[0])

    def judge(self, eleven: Floats) -> Reading:
        """Turn the network's eleven probabilities into digit, confidence and verdict.

        The verdict is `not_a_digit` if the eleventh class is likelier than its threshold; `digit` if the confidence
        reaches the threshold chosen on writers held out from training; else `unsure`.
        """
        ten = ten_probabilities(eleven)
        second, first = np.argsort(ten)[-2:].tolist()
        confidence = float(ten[first])
        verdict: Verdict = "unsure"
        if eleven[10] > self._not_a_digit:
            verdict = "not_a_digit"
        elif confidence >= self._sure:
            verdict = "digit"
        return Reading(first, confidence, tuple(ten.tolist()), second, verdict)


def network_input(images: Image) -> Floats:
    """Convert uint8 (n, 28, 28) to what networks expect: float32 (n, 28, 28, 1) in [0, 1]."""
    return images[..., None].astype(np.float32) / np.float32(255)


def ten_probabilities(eleven: Floats) -> npt.NDArray[np.float64]:
    """Spread the probability of `not a digit` evenly over the digits: (..., 11) to (..., 10) that sum to 1."""
    ten = eleven[..., :10].astype(np.float64) + eleven[..., 10:].astype(np.float64) / 10
    return ten / ten.sum(axis=-1, keepdims=True)


def _read_metadata(folder: Path) -> Any:
    """The `digitpad` entry of model_mnist.json, after checking that the weights beside it belong to it."""
    architecture, weights = folder / "model_mnist.json", folder / "model_mnist.h5"
    for path in (architecture, weights):
        if not path.is_file():
            raise ModelMismatch(f"{path} is missing. {TRAIN_HINT}")
    try:
        metadata = json.loads(architecture.read_text()).get("digitpad", {})
    except ValueError:
        raise ModelMismatch(f"{architecture} is damaged. {TRAIN_HINT}") from None
    if metadata.get("format") != FORMAT:
        found = metadata.get("format", "none")
        raise ModelMismatch(f"{architecture} has format {found}, this version reads {FORMAT}. {TRAIN_HINT}")
    if metadata["weights_sha256"] != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise ModelMismatch(f"{weights} and {architecture} are of different trainings. {TRAIN_HINT}")
    return metadata


def _onnx(folder: Path, metadata: Any) -> Network:
    """The exported network; it needs no TensorFlow."""
    run = load_onnx(folder / "models" / "model_mnist.onnx", metadata)

    def network(images: Floats) -> Floats:
        return run(images)[0]

    return network


def load_onnx(path: Path, metadata: Any = None) -> OnnxNetwork:
    """Load an exported network. Each call runs on one thread, since the server runs calls in parallel itself.

    Raises ModelMismatch if the file is missing or damaged, or if its metadata differ from `metadata`.
    """
    import onnxruntime as ort

    if not path.is_file():
        raise ModelMismatch(f"{path} is missing. {TRAIN_HINT}")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no common base class
        raise ModelMismatch(f"{path} is damaged. {TRAIN_HINT}") from error
    found = json.loads(session.get_modelmeta().custom_metadata_map.get("digitpad", "{}"))
    if metadata is not None and found != metadata:
        raise ModelMismatch(f"{path} is not an export of model_mnist.json and model_mnist.h5. {TRAIN_HINT}")
    name = session.get_inputs()[0].name

    def run(images: Floats) -> list[Floats]:
        return session.run(None, {name: images})

    return run


def _keras(folder: Path) -> Network:
    """The network in model_mnist.json and model_mnist.h5, run by TensorFlow."""
    try:
        import keras
        import tensorflow as tf
    except ModuleNotFoundError as error:
        raise ModelMismatch(
            f"MODEL_RUNTIME=keras needs {error.name}, which is not installed; run script/environment train."
        ) from None

    model = keras.models.model_from_json((folder / "model_mnist.json").read_text())
    model.load_weights(folder / "model_mnist.h5")
    signature = [tf.TensorSpec((None, 28, 28, 1), tf.float32)]
    graph = tf.function(lambda images: model(images, training=False), input_signature=signature)

    def network(images: Floats) -> Floats:
        return graph(tf.constant(images)).numpy()

    return network
