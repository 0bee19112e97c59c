"""Measures whether a network reads pen drawings better if it also sees the direction of the strokes.

    python -m tools.measure.direction_planes [--data FOLDER] [--epochs N] [--seeds N]

Two networks of the shipped architecture with half of its channels learn from the same drawings: one sees the 28x28
image, the other also eight planes with the parts of the strokes that were drawn in each of eight directions. The planes
are left out of half of its drawings, as they are missing from pictures. Both read the writers that are held out for
tuning. Results: MODEL_CARD.md.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from backend.reading.image import Image
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from training.data import TrainingData
from training.drawing import CANVAS, PENS, SIZES, SUBPIXEL, Strokes, draw, extent, place
from training.schedule import FROM_SCRATCH
from training.sources import DATA_HELP, find_data
from training.styles import add_style
from training.train import BATCH, SMOOTHING, SUSPECT_ABOVE, SUSPECT_BELOW, WEIGHT_DECAY
from training.variation import Rng, vary_strokes

PLANES = 8  # directions, of 45 degrees each
FINE = 8  # times 28 px: the size at which planes are drawn
WITHOUT = 0.5  # fraction of the training drawings whose planes are left out
REPEATS = 3  # renderings of each held-out drawing
Samples = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def planes(strokes: Strokes, pen: float, seen: Image) -> Image:
    """The parts of the strokes, in canvas coordinates, by direction, where `seen` has them: uint8 (28, 28, PLANES)."""
    ys, xs = np.nonzero(seen > 64)
    low, high = extent(strokes)
    scale = (np.ptp([xs, ys], axis=1).max() + 1) / (float((high - low).max()) + pen)
    center = np.array([xs.min() + xs.max() + 1, ys.min() + ys.max() + 1]) / 2
    fine = np.zeros((PLANES, 28 * FINE, 28 * FINE), np.uint8)
    width = max(1, round(pen * scale * FINE))
    for stroke in strokes:
        points = ((stroke - (low + high) / 2) * scale + center) * FINE
        fixed = np.round(points * (1 << SUBPIXEL)).astype(np.int32)
        angles = np.arctan2(*np.diff(points, axis=0).T[::-1])
        for k, plane in enumerate((np.round(angles / (2 * np.pi / PLANES)).astype(int) % PLANES).tolist()):
            cv2.polylines(fine[plane], [fixed[k : k + 2]], False, 255, width, cv2.LINE_AA, SUBPIXEL)
    return np.stack([cv2.resize(each, (28, 28), interpolation=cv2.INTER_AREA) for each in fine], axis=-1)


def drawn(strokes: Strokes, rng: Rng) -> Image:
    """The image that the network sees, and the planes: uint8 (28, 28, 1 + PLANES)."""
    pen = float(np.exp(rng.uniform(*np.log(PENS))))
    placed = place(strokes, rng, rng.uniform(SIZES[0], min(SIZES[1], CANVAS - pen)), pen)
    seen = normalize(draw(placed, pen))
    return np.concatenate([seen[..., None], planes(placed, pen, seen)], axis=-1)


def training_samples(data: TrainingData, rng: Rng) -> Samples:
    """Every training drawing once, varied: (n, 28, 28, 1 + PLANES) in [0, 1] and digits (n,)."""
    images, labels = [], data.pens.label[data.pens_train].astype(np.int64)
    for i, label in zip(data.pens_train.tolist(), labels.tolist(), strict=True):
        images.append(drawn(vary_strokes(add_style(data.pens.strokes(i), str(label), rng), rng), rng))
    return scaled(images), labels


def held_out_samples(data: TrainingData) -> Samples:
    rng = np.random.default_rng(0)
    chosen = np.tile(data.pens_tune, REPEATS)
    return scaled([drawn(data.pens.strokes(i), rng) for i in chosen]), data.pens.label[chosen].astype(np.int64)


def scaled(images: list[Image]) -> npt.NDArray[np.float32]:
    return np.stack(images).astype(np.float32) / np.float32(255)


def without_planes(images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    images = images.copy()
    images[..., 1:] = 0
    return images


def network(channels: int, steps: int) -> Any:
    """A compiled Keras model from (28, 28, channels) to ten logits, which will be trained for `steps`."""
    import keras
    from keras import layers

    image = x = layers.Input((28, 28, channels))
    for width, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (48, 2), (48, 1)):
        x = layers.Conv2D(width, 3, strides=stride, padding="same" if stride == 2 else "valid", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))
    rate = keras.optimizers.schedules.CosineDecay(FROM_SCRATCH.rate, steps)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY), loss)
    return model


def suspect(samples: Samples) -> npt.NDArray[np.bool_]:
    """Whether the shipped network considers the label impossible, as mnist_train.py decides it."""
    images, labels = samples
    recognizer = Recognizer(TOP)
    read = [recognizer.read(np.round(image[..., 0] * 255).astype(np.uint8)).probabilities for image in tqdm(images)]
    probabilities = np.array(read)
    improbable = probabilities[np.arange(len(labels)), labels] < SUSPECT_BELOW
    found: npt.NDArray[np.bool_] = improbable & (probabilities.max(1) > SUSPECT_ABOVE)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    import keras

    data = TrainingData(find_data(given.data))
    held_out, truth = held_out_samples(data)
    readable = ~suspect((held_out, truth))
    print(f"{len(truth)} held-out drawings, {readable.sum()} of them with a label that the shipped network can believe")
    steps = given.epochs * (len(data.pens_train) // BATCH)
    pairs = []
    for seed in range(given.seeds):
        keras.utils.set_random_seed(seed)
        pairs.append((network(1, steps), network(1 + PLANES, steps)))
    for epoch in tqdm(range(given.epochs), "epochs"):
        images, labels = training_samples(data, np.random.default_rng(epoch))
        targets = np.eye(10, dtype=np.float32)[labels]
        for seed, (alone, both) in enumerate(pairs):
            rng = np.random.default_rng([seed, epoch])
            order = rng.permutation(len(labels))
            for k in range(0, len(order) - BATCH + 1, BATCH):
                some = order[k : k + BATCH]
                batch = images[some]
                alone.train_on_batch(batch[..., :1], targets[some])
                batch[rng.random(BATCH) < WITHOUT, ..., 1:] = 0
                both.train_on_batch(batch, targets[some])
    for seed, (alone, both) in enumerate(pairs):
        inputs = (alone, held_out[..., :1]), (both, held_out), (both, without_planes(held_out))
        wrong = [model.predict(images, batch_size=500, verbose=0).argmax(1) != truth for model, images in inputs]
        print(
            f"seed {seed}: errors with the image alone {wrong[0].sum()} ({(wrong[0] & readable).sum()} readable), with "
            f"planes {wrong[1].sum()} ({(wrong[1] & readable).sum()}), trained with planes but without them "
            f"{wrong[2].sum()} ({(wrong[2] & readable).sum()})"
        )


if __name__ == "__main__":
    main()
