"""Trains a network."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.reading.normalize import normalize
from backend.reading.recognizer import Floats, network_input
from training.data import TUNE_MNIST, TrainingData
from training.drawing import draw_at_random
from training.epochs import Epochs
from training.network import build
from training.schedule import Schedule

BATCH = 128
WEIGHT_DECAY = 1e-3
DISTILLATION = 0.5  # weight of the teachers' probabilities in the targets of the shipped network; the rest is the label
SMOOTHING = 0.02  # label smoothing, since some labels are wrong
EMA = 0.999  # momentum of the moving average of the weights: about the last 1000 steps
SUSPECT_BELOW, SUSPECT_ABOVE = 0.05, 0.8  # a label is suspect if it is less, and another digit more probable


def train(
    folder: Path,
    data: TrainingData,
    seed: int,
    schedule: Schedule,
    keep: Path,
    resume: bool,
    teachers: Sequence[Any] = (),
    start: Any = None,
) -> Any:
    """Train the shipped architecture, with a checkpoint after each epoch in the folder `keep`.

    resume: go on after the last checkpoint, if there is one; the network is the same as without the interruption.
    start: a trained model of this architecture to begin with.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    data.exclude(np.array([], int))
    workers = max(1, (os.cpu_count() or 1) // 2)
    epochs, passes, most, peak = schedule
    epoch_data = Epochs(folder, data, seed, schedule, workers)
    steps = math.ceil(passes * len(data.epoch(np.random.default_rng(0), most)) / BATCH)
    checkpoint = keep / f"seed{seed}-{epochs}.keras"
    suspects = checkpoint.with_suffix(".npy")
    first, half = 0, 0 if start else epochs // 2
    keep.mkdir(parents=True, exist_ok=True)
    if resume and checkpoint.exists():
        model = keras.models.load_model(checkpoint)
        first = int(model.optimizer.iterations) // steps
        print(f"resuming after epoch {first}")
        if first > half:
            data.exclude(np.load(suspects))
    else:
        model = start or build("digitpad")
        rate = keras.optimizers.schedules.CosineDecay(
            peak / 20, steps * (epochs - 1), warmup_target=peak, warmup_steps=steps
        )
        optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=EMA)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
        model.compile(optimizer, loss, metrics=["accuracy"])
    for epoch in range(first, epochs):
        began = time.monotonic()
        images, labels = epoch_data.get(epoch)
        if epoch == half:
            np.save(suspects, find_suspects(model, data))
        if epoch >= half:
            data.exclude(np.load(suspects))
        if epoch + 1 < epochs:
            epoch_data.prepare(epoch + 1)
        targets = np.eye(11, dtype=np.float32)[labels]
        if teachers:
            targets += DISTILLATION * (agreed(teachers, images, targets) - targets)
        rng = np.random.default_rng([seed, epoch])
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(passes)])
        bar = keras.utils.Progbar(len(order), stateful_metrics=["loss", "accuracy"])
        model.reset_metrics()
        for k in range(0, len(order), BATCH):
            batch = order[k : k + BATCH]
            logs = model.train_on_batch(images[batch], targets[batch], return_dict=True)
            bar.update(k + len(batch), list(logs.items()))
        unfinished = checkpoint.with_stem("unfinished")
        model.save(unfinished)
        unfinished.replace(checkpoint)  # there is always a whole checkpoint
        right = accuracy(model, network_input(data.images[-TUNE_MNIST:]), data.labels[-TUNE_MNIST:])
        took = time.monotonic() - began
        print(
            f"epoch {epoch + 1}/{epochs}: {took:.0f} s, {right:.2%} of {TUNE_MNIST} held-out MNIST images", flush=True
        )
    epoch_data.close()
    print(f"excluded as mislabeled: {len(np.load(suspects))} pen drawings")
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model


def agreed(teachers: Sequence[Any], images: Floats, targets: Floats) -> Floats:
    """The mean probabilities of the teachers where they agree with the label, else the label. All (n, 11).

    Distillation: Hinton, Vinyals and Dean, https://arxiv.org/abs/1503.02531. The uncertainty of several networks
    carries more information than the label alone.
    """
    mean = np.mean([softmax(each.predict(images, batch_size=500, verbose=0)) for each in teachers], axis=0)
    agree = mean.argmax(1) == targets.argmax(1)
    return np.where(agree[:, None], mean, targets).astype(np.float32)


def softmax(logits: Floats) -> Floats:
    likelihoods = np.exp(logits - logits.max(1, keepdims=True))
    return likelihoods / likelihoods.sum(1, keepdims=True)


def find_suspects(model: Any, data: TrainingData) -> npt.NDArray[np.int64]:
    """Pen drawings that are probably mislabeled, according to the half-trained network, as indices.

    Halfway through a training from scratch, the network has learned what most labels agree on, but hasn't yet
    memorized the wrong ones. Each drawing is read three times, unvaried.
    """
    mean = np.zeros((len(data.pens_train), 11))
    for repeat in range(3):
        rng = np.random.default_rng(repeat)
        images = [normalize(draw_at_random(data.pens.strokes(i), rng)) for i in data.pens_train]
        mean += softmax(model.predict(network_input(np.stack(images)), batch_size=500, verbose=0)) / 3
    labels = data.pens.label[data.pens_train].astype(int)
    improbable = mean[np.arange(len(labels)), labels] < SUSPECT_BELOW
    return data.pens_train[improbable & (mean[:, :10].max(1) > SUSPECT_ABOVE)]


def accuracy(model: Any, images: Floats, labels: npt.NDArray[Any]) -> float:
    """Fraction of images whose most probable digit, of ten, is the label."""
    logits = model.predict(images, batch_size=500, verbose=0)
    return float((logits[:, :10].argmax(1) == labels).mean())
