"""Continues the training of a network on drawings that people have labeled.

Each batch mixes them, varied, with the data that the network was trained on. For images that the network read right
before, the target is its own answer (Li and Hoiem, Learning without Forgetting, arXiv 1606.09282). Batch normalization
stays as it is, since a few drawings of a few people say little about its statistics. The labeled drawings are a small
part of each batch, however many there are: when they were a fifth of it, the network took letters for digits.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backend.reading.image import Image
from backend.reading.normalize import normalize
from backend.reading.recognizer import network_input
from training.data import TrainingData, vary_image
from training.drawing import Strokes, draw_at_random
from training.network import load_network, write
from training.schedule import MILD
from training.train import BATCH, agreed
from training.tuning import tune
from training.variation import Rng, vary_strokes, wear

STEPS = 400  # batches; two to three minutes on two cores
REPEATS = 200  # times that each labeled drawing is used, varied differently each time ...
MOST = 0.03  # ... but at most this fraction of all images
LETTERS = 3  # letters and signs for each labeled drawing, so that corrected drawings don't make letters digits
RATE = 2e-4  # learning rate of Adam at its peak, which decays to zero
HOLD_OUT_EVERY = 4  # writers
CHUNK = 10  # batches whose images are made at a time
SEED = 30

PLAIN_NETWORKS = ("model_softmax.onnx", "model_cnn.onnx")  # for explanations; they stay the same


class LabeledDrawing(NamedTuple):
    """A recorded drawing that somebody has labeled."""

    id: str
    seen: Image  # (28, 28)
    strokes: Strokes | None  # in px of the page's canvas; None: only `seen` is known
    label: int  # 0 to 9, or NOT_A_DIGIT
    corrected: bool  # whether the label differs from what was answered when it was recorded
    writer: str


def hold_out(drawings: Sequence[LabeledDrawing]) -> tuple[list[LabeledDrawing], list[LabeledDrawing]]:
    """The drawings to learn from, and those of every fourth writer, to compare on. A single writer is held out.

    Which writers these are follows from a hash of their names. They may be others when there are more writers; since
    each retraining begins with the shipped network, none is compared on what it has learned.
    """
    writers = sorted({drawing.writer for drawing in drawings}, key=lambda name: hashlib.sha256(name.encode()).digest())
    chosen = set(writers[::HOLD_OUT_EVERY])
    parts: tuple[list[LabeledDrawing], list[LabeledDrawing]] = [], []
    for drawing in drawings:
        parts[drawing.writer in chosen].append(drawing)
    return parts


def retrain(
    folder: Path,
    data: TrainingData,
    drawings: Sequence[LabeledDrawing],
    steps: int = STEPS,
    progress: Callable[[int], object] = lambda steps: None,
) -> Any:
    """Continue the training of the network in `folder`; return a new Keras model.

    progress: called after some steps, with their number.
    """
    import keras

    keras.utils.set_random_seed(SEED)
    model, teacher = load_network(folder), load_network(folder)
    for layer in model.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 10, max(1, steps * 9 // 10), warmup_target=RATE, warmup_steps=max(1, steps // 10)
    )
    model.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(SEED)
    labeled = min(REPEATS * len(drawings), round(MOST * steps * BATCH)) / (steps * BATCH)  # fraction of the images
    for done in range(0, steps, CHUNK):
        batches = min(CHUNK, steps - done)
        images, labels = _mix(data, drawings, batches * BATCH, labeled, rng)
        targets = agreed([teacher], images, np.eye(11, dtype=np.float32)[labels])
        for k in range(0, len(images), BATCH):
            model.train_on_batch(images[k : k + BATCH], targets[k : k + BATCH])
        progress(batches)
    model.trainable = True  # as in the files of the shipped network
    return model


def save(model: Any, data: TrainingData, old: Path, new: Path) -> None:
    """Calibrate the model on the held-out writers, and write it to the folder `new`, which a server can use.

    old: the model folder that it was trained from.
    """
    new.mkdir(parents=True, exist_ok=True)
    write(model, new, *tune(model, data))
    for name in PLAIN_NETWORKS:
        shutil.copy(old / "models" / name, new / "models")


def strokes_of(text: bytes | None) -> Strokes | None:
    """The strokes of a record, JSON [[[x, y, milliseconds], ...], ...]; None if there are none."""
    if not text:
        return None
    strokes = [np.array(stroke, np.float64)[:, :2] for stroke in json.loads(text) if stroke]
    return strokes or None


def _mix(
    data: TrainingData, drawings: Sequence[LabeledDrawing], count: int, labeled: float, rng: Rng
) -> tuple[Any, Any]:
    """Images (count, 28, 28, 1) in [0, 1], of which a fraction `labeled` is labeled, and classes (count,)."""
    own = math.floor(labeled * count)
    made = [vary(drawings[k], rng) for k in rng.integers(max(1, len(drawings)), size=own).tolist()]
    samples = [("other", i) for i in rng.choice(data.others_train, LETTERS * own).tolist()] + data.epoch(rng)
    made += [data.make(kind, i, rng, MILD) for kind, i in samples[: count - own]]
    order = rng.permutation(count)
    return network_input(np.stack([made[k][0] for k in order])), np.array([made[k][1] for k in order])


def vary(drawing: LabeledDrawing, rng: Rng) -> tuple[Image, int]:
    """One 28x28 image of the drawing, varied, and its class."""
    if drawing.strokes is None:
        image = vary_image(drawing.seen, rng, MILD)
    else:
        image = normalize(draw_at_random(vary_strokes(drawing.strokes, rng, MILD), rng))
    return wear(image, rng) if rng.random() < MILD else image, drawing.label
