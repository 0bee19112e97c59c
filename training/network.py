"""The architectures of the networks, and the files of the shipped one."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from backend.reading.recognizer import FORMAT
from training import browser
from training.nondigits import NOT_A_DIGIT_ABOVE


def build(arch: str) -> Any:
    """A Keras model from (28, 28, 1) in [0, 1] to logits: eleven for the shipped network, ten for the others."""
    import keras
    from keras import layers

    image = x = layers.Input((28, 28, 1), name="picture")
    if arch == "softmax":
        return keras.Model(image, layers.Dense(10, name="logits")(layers.Flatten()(x)), name="softmax_regression")
    if arch == "cnn":
        for width in (32, 64):
            x = layers.Conv2D(width, 5, activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Dense(1024, activation="relu")(layers.Flatten()(x))
        return keras.Model(image, layers.Dense(10, name="logits")(layers.Dropout(0.5)(x)), name="textbook_cnn")
    if arch == "quick":
        for width, pool in ((16, True), (32, True), (64, False)):
            x = layers.Conv2D(width, 3, use_bias=False)(x)
            x = layers.MaxPooling2D()(x) if pool else x
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return keras.Model(image, layers.Dense(10, name="logits")(layers.Flatten()(x)), name="quick")
    for width, stride, padding in (
        (32, 1, "valid"),
        (32, 1, "valid"),
        (64, 2, "same"),
        (64, 1, "valid"),
        (64, 1, "valid"),
        (96, 2, "same"),
        (96, 1, "valid"),
    ):
        x = layers.Conv2D(width, 3, strides=stride, padding=padding, use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    return keras.Model(image, layers.Dense(11, name="logits")(layers.Flatten()(x)), name="digitpad")


def load_network(folder: Path) -> Any:
    """The Keras model in a model folder, from (28, 28, 1) in [0, 1] to logits, without what calibration needs."""
    import keras

    model = keras.models.model_from_json((folder / "model_mnist.json").read_text())
    model.load_weights(folder / "model_mnist.h5")
    return keras.Model(model.input, model.get_layer("logits").output, name=model.name)


def calibrate(model: Any, temperature: float) -> None:
    """Divide the logits of a model by the temperature."""
    logits = model.get_layer("logits")
    logits.set_weights([weights / temperature for weights in logits.get_weights()])


def average(a: Any, b: Any) -> Any:
    """A model whose weights are the mean of those of two models, of which one was trained further from the other.

    It is more accurate than either where they were trained on different data: Wortsman et al., arXiv 2109.01903.
    """
    import keras

    mean = keras.models.clone_model(a)
    mean.set_weights([(x + y) / 2 for x, y in zip(a.get_weights(), b.get_weights(), strict=True)])
    return mean


def write(model: Any, folder: Path, temperature: float, sure: float) -> None:
    """Write model_mnist.json and .h5 for Keras, and in models/ the ONNX exports for serving and for explanations.

    All contain the hash of the weights, so that files of different trainings are not mixed.
    """
    import keras

    calibrate(model, temperature)
    final = with_softmax(model)
    weights = folder / "model_mnist.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        final.save(weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    metadata = {
        "format": FORMAT,
        "keras": keras.__version__,
        "weights_sha256": digest,
        "sure": round(sure, 4),
        "not_a_digit": NOT_A_DIGIT_ABOVE,
    }
    architecture = json.loads(final.to_json()) | {"digitpad": metadata}
    (folder / "model_mnist.json").write_text(json.dumps(architecture, indent=1) + "\n")
    export(final, folder / "models" / "model_mnist.onnx", metadata)
    activations = [layer.output for layer in final.layers if isinstance(layer, keras.layers.ReLU)]
    export(
        keras.Model(final.input, [*activations, final.output]), folder / "models" / "model_mnist_layers.onnx", metadata
    )
    browser.export(folder)
    print(f"wrote model_mnist.json, model_mnist.h5 and their exports, version {digest[:12]}")


def with_softmax(model: Any) -> Any:
    import keras

    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(model.output), name=model.name)


def export(model: Any, path: Path, metadata: dict[str, Any]) -> None:
    """Export the model to ONNX, with `metadata` in the file."""
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    model(np.zeros((1, 28, 28, 1), np.float32))  # the exporter requires a model that was called
    model.export(path, format="onnx", verbose=False)
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {"digitpad": json.dumps(metadata)})
    onnx.save(graph, path)
