"""Trains the networks for comparison on plain MNIST, without augmentation."""

from __future__ import annotations

import math
from typing import Any

from backend.reading.recognizer import network_input
from training.data import TUNE_MNIST, TrainingData
from training.network import build

EPOCHS, QUICK_EPOCHS = 12, 4
BATCH = 128


def train_plain(arch: str, data: TrainingData, seed: int, epochs: int) -> Any:
    """Train softmax regression, the textbook CNN or the quick one with Adam."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build(arch)
    n = len(data.labels) - TUNE_MNIST
    steps = epochs * math.ceil(n / BATCH)
    rate: Any = 1e-3
    if arch == "quick":  # warmup to four times the rate of the others, then cosine decay
        rate = keras.optimizers.schedules.CosineDecay(
            3e-4, steps - steps // 5, warmup_target=4e-3, warmup_steps=steps // 5
        )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    model.fit(network_input(data.images[:n]), data.labels[:n], batch_size=BATCH, epochs=epochs, verbose=1)
    return model
