"""Trains Digitpad's network and writes model_mnist.json, model_mnist.h5 and, in models/, its ONNX exports.

Accuracy on MNIST's 10,000 test images: mean 99.657 %, sd 0.025 % over 3 seeds; the shipped network, distilled from
the three, reaches 99.71 %. An epoch takes 92 s on four cores, one network 25 minutes, and all four 110 minutes.

    python mnist_train.py              three networks, and the shipped one, distilled from the three
    python mnist_train.py --arch cnn   a textbook CNN, or softmax regression, on plain MNIST
    python mnist_train.py --quick      a small network that reaches 99 % within a minute
    python mnist_train.py --continue   trains the shipped network further
    python mnist_train.py --resume     goes on with an interrupted training after its last complete epoch

The data are downloaded once, unless --data or DIGITPAD_DATA names a folder that contains them (docs/data.md).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import multiprocessing
import os
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import FORMAT, Floats, network_input, ten_probabilities
from backend.settings import TOP
from training import browser
from training.crops import crop_at_random
from training.download import MissingData
from training.drawing import CANVAS, PENS, draw_at_random
from training.nondigits import LOOKALIKES, invent, side_by_side
from training.paper import photograph
from training.sources import DATA_HELP, Pens, find_data, load_mnist, split_writers
from training.styles import add_style
from training.variation import Rng, thicken, vary_strokes, warp, wear, widen

# ---- the recipe -----------------------------------------------------------------------------------------------------


class Schedule(NamedTuple):
    """How long and how fast to train.

    The learning rate of AdamW warms up over one epoch, then decays to zero (cosine).
    """

    epochs: int
    passes: int  # over each epoch, in different order
    most: int | None  # samples per epoch, of those that `TrainingData.epoch` names
    rate: float  # the learning rate at its peak


# From scratch there are two passes, since generating an epoch's images takes as long as training on them.
FROM_SCRATCH = Schedule(16, 2, None, 2.5e-3)
CONTINUED = Schedule(16, 1, 60_000, 1e-3)
BATCH = 128
PLAIN_EPOCHS = 12  # of the networks for comparison
QUICK_EPOCHS = 4
PLAIN_BATCH = 128
WEIGHT_DECAY = 1e-3
DISTILLATION = 0.5  # weight of the teachers' probabilities in the targets of the shipped network; the rest is the label
SMOOTHING = 0.02  # label smoothing, since some labels are wrong
EMA = 0.999  # momentum of the moving average of the weights: about the last 1000 steps
PEN_REPEATS = 3  # times that each pen drawing occurs in an epoch, varied differently
OTHERS, INVENTED, NUMBERS = 5000, 2500, 1000  # per epoch: letters and signs, generated doodles, two-digit numbers
CROPS = 6000  # per epoch: parts of numbers, half of them whole digits
PHOTOGRAPHS = 1000  # per epoch: pen drawings photographed on paper
FAT_SHARE, FAT_PENS = 0.3, (18.0, 36.0)  # fraction and px; these drawings are the hardest, since loops are filled
NON_DIGIT_PENS = (6.0, 20.0)  # px; with a wider pen, a non-digit is a blob that could be a digit
MILD_SHARE, MILD = 0.4, 0.5  # the last 40 % of the epochs vary half as much, closer to what people really draw
CONTINUED_SEED = 10
TUNE_MNIST = 2000  # the last of MNIST's training images are held out too

SUSPECT_BELOW, SUSPECT_ABOVE = 0.05, 0.8  # a label is suspect if it is less, and another digit more probable

NOT_A_DIGIT = 10  # the eleventh class
NOT_A_DIGIT_ABOVE = 0.5  # the verdict is `not a digit` if its probability is higher
RIGHT_WHEN_SURE = 0.9975  # required accuracy of the verdict `digit` on the held-out writers
CHUNK = 500  # images that a worker generates at a time


# ---- networks -------------------------------------------------------------------------------------------------------


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


# ---- data: new images for every epoch --------------------------------------------------------------------------------


class TrainingData:
    """All training data, and which part of it is held out for tuning."""

    def __init__(self, folder: Path) -> None:
        self.images, self.labels, self.test_images, self.test_labels = load_mnist(folder)
        self.pens, self.others = Pens(folder / "pens.npz"), Pens(folder / "pens_other.npz")
        self._pens_train, self.pens_tune = split_writers(self.pens)
        self.pens_train = self._pens_train
        train, tune = split_writers(self.others)
        clear = ~np.isin(self.others.label, list(LOOKALIKES))
        self.others_train, self.others_tune = train[clear[train]], tune[clear[tune]]
        self.mnist_train = np.arange(len(self.labels) - TUNE_MNIST)

    def epoch(self, rng: Rng, most: int | None = None) -> list[tuple[str, int]]:
        """The shuffled samples of an epoch, but at most `most` of them: (kind, index)."""
        samples = [("mnist", i) for i in self.mnist_train.tolist()]
        samples += [("pens", i) for i in self.pens_train.tolist()] * PEN_REPEATS
        samples += [("other", i) for i in rng.choice(self.others_train, OTHERS, replace=False).tolist()]
        samples += [("invented", 0)] * INVENTED + [("number", 0)] * NUMBERS
        samples += [("crop", 0)] * CROPS
        samples += [("photograph", i) for i in rng.choice(self.pens_train, PHOTOGRAPHS).tolist()]
        return [samples[k] for k in rng.permutation(len(samples))[:most]]

    def exclude(self, drawings: npt.NDArray[np.int64]) -> None:
        """Train on all pen drawings except these."""
        self.pens_train = np.setdiff1d(self._pens_train, drawings)

    def make(self, kind: str, i: int, rng: Rng, amount: float) -> tuple[Image, int]:
        """One 28x28 image, varied by `amount` (0 to 1), and its class."""
        image, label = self._make(kind, i, rng, amount)
        return wear(image, rng) if rng.random() < amount else image, label

    def _make(self, kind: str, i: int, rng: Rng, amount: float) -> tuple[Image, int]:
        if kind == "mnist":
            return vary_image(self.images[i], rng, amount), int(self.labels[i])
        if kind == "pens":
            label = str(self.pens.label[i])
            strokes = vary_strokes(add_style(self.pens.strokes(i), label, rng), rng, amount)
            pens = FAT_PENS if rng.random() < FAT_SHARE else PENS
            return normalize(draw_at_random(strokes, rng, pens)), int(label)
        if kind == "photograph":
            ink = draw_at_random(vary_strokes(self.pens.strokes(i), rng, amount), rng)
            with contextlib.suppress(BlankDrawing):  # nothing is visible in the photograph: use the drawing itself
                ink = find_ink(photograph(ink, rng, largest=480))
            return normalize(ink), int(self.pens.label[i])
        if kind == "crop":
            ink, digit = crop_at_random(self.pens, self.pens_train, rng)
            return normalize(ink), NOT_A_DIGIT if digit is None else digit
        if kind == "other":
            strokes = vary_strokes(self.others.strokes(i), rng, amount)
        elif kind == "number":
            left, right = rng.choice(self.pens_train, 2)
            strokes = side_by_side(self.pens.strokes(left), self.pens.strokes(right), rng)
        else:
            strokes = invent(rng)
        return normalize(draw_at_random(strokes, rng, NON_DIGIT_PENS)), NOT_A_DIGIT


def vary_image(image: Image, rng: Rng, amount: float) -> Image:
    """Vary an image of MNIST. Half of them are enlarged, sometimes thickened, and normalized like a user's drawing."""
    image = warp(image, rng, amount)
    if rng.random() < 0.3 * amount:
        image = thicken(image, rng)
    if rng.random() < 0.5 or image.max() < 128:
        return image
    side = round(rng.uniform(100, CANVAS))
    interpolation = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    large = cv2.resize(image, (side, side), interpolation=interpolation)
    return normalize(widen(large, rng.uniform(0, 0.1) * side) if rng.random() < 0.5 else large)


_worker_data: TrainingData


def _start_worker(folder: Path) -> None:
    global _worker_data
    os.nice(5)
    cv2.setNumThreads(1)
    _worker_data = TrainingData(folder)


def _make_chunk(
    samples: list[tuple[str, int]], seed: list[int], amount: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    made = [_worker_data.make(kind, i, rng, amount) for kind, i in samples]
    return np.stack([image for image, _ in made]), np.array([label for _, label in made])


class Epochs:
    """Generates the next epoch in other processes while the network trains on the current one."""

    def __init__(self, folder: Path, data: TrainingData, seed: int, schedule: Schedule, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, context, _start_worker, (folder,))
        self._data, self._seed, self._most = data, seed, schedule.most
        self._mild_from = round(schedule.epochs * (1 - MILD_SHARE))
        self._pending: dict[int, list[Future[Any]]] = {}

    def prepare(self, epoch: int) -> None:
        """Start generating an epoch."""
        samples = self._data.epoch(np.random.default_rng([self._seed, epoch]), self._most)
        amount = 1.0 if epoch < self._mild_from else MILD
        self._pending[epoch] = [
            self._pool.submit(_make_chunk, samples[k : k + CHUNK], [self._seed, epoch, k], amount)
            for k in range(0, len(samples), CHUNK)
        ]

    def get(self, epoch: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Images (n, 28, 28, 1) in [0, 1] and classes (n,)."""
        if epoch not in self._pending:
            self.prepare(epoch)
        chunks = [future.result() for future in self._pending.pop(epoch)]
        images = np.concatenate([images for images, _ in chunks])
        return network_input(images), np.concatenate([labels for _, labels in chunks])

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


# ---- training -------------------------------------------------------------------------------------------------------


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


# ---- tuning: temperature and thresholds ----------------------------------------------------------------------------


def tune(model: Any, data: TrainingData) -> tuple[float, float]:
    """The temperature that calibrates, and the lowest confidence for `digit` that reaches RIGHT_WHEN_SURE."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    for _ in range(3):
        for i in data.pens_tune:
            images.append(normalize(draw_at_random(data.pens.strokes(i), rng)))
            labels.append(int(data.pens.label[i]))
    for i in data.others_tune:
        images.append(normalize(draw_at_random(data.others.strokes(i), rng)))
        labels.append(NOT_A_DIGIT)
    for _ in range(500):
        images.append(normalize(draw_at_random(invent(rng), rng)))
        labels.append(NOT_A_DIGIT)
    logits, truth = model.predict(network_input(np.stack(images)), batch_size=500, verbose=0), np.array(labels)
    digits = truth < NOT_A_DIGIT

    def probabilities(temperature: float) -> Floats:
        return softmax(logits / temperature).astype(np.float32)

    def loss(temperature: float) -> float:
        ten = ten_probabilities(probabilities(temperature)[digits])
        return -float(np.log(ten[np.arange(len(ten)), truth[digits]]).mean())

    temperature = float(min(np.geomspace(0.2, 3, 100), key=loss))
    eleven = probabilities(temperature)
    ten = ten_probabilities(eleven)
    confidence, right = ten.max(1), ten.argmax(1) == truth
    accepted = eleven[:, 10] <= NOT_A_DIGIT_ABOVE
    sure = 0.999
    for threshold in np.linspace(0.3, 0.999, 700).tolist():
        if right[digits & accepted & (confidence >= threshold)].mean() >= RIGHT_WHEN_SURE:
            sure = threshold
            break
    verdict_digit = accepted & (confidence >= sure)
    print(
        f"held-out writers: {right[digits].mean():.2%} of {digits.sum()} right; temperature {temperature:.3f}; "
        f"verdict digit from {sure:.3f}: {verdict_digit[digits].mean():.2%} of digits, "
        f"right {right[digits & verdict_digit].mean():.2%}, "
        f"and {verdict_digit[~digits].mean():.2%} of non-digits; not a digit: {(~accepted)[~digits].mean():.2%} "
        f"of non-digits, {(~accepted)[digits].mean():.2%} of digits"
    )
    return temperature, sure


def load_network(folder: Path) -> Any:
    """The Keras model in a model folder, from (28, 28, 1) in [0, 1] to logits, without what calibration needs."""
    import keras

    model = keras.models.model_from_json((folder / "model_mnist.json").read_text())
    model.load_weights(folder / "model_mnist.h5")
    return keras.Model(model.input, model.get_layer("logits").output, name=model.name)


# ---- writing the model ----------------------------------------------------------------------------------------------


def write(model: Any, folder: Path, temperature: float, sure: float) -> None:
    """Write model_mnist.json and .h5 for Keras, and in models/ the ONNX exports for serving and for explanations.

    All contain the hash of the weights, so that files of different trainings are not mixed.
    """
    import keras

    logits = model.get_layer("logits")
    logits.set_weights([weights / temperature for weights in logits.get_weights()])
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


# ---- networks for comparison --------------------------------------------------------------------------


def train_plain(arch: str, data: TrainingData, seed: int, epochs: int) -> Any:
    """Train softmax regression, the textbook CNN or the quick one on plain MNIST, without augmentation, with Adam."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build(arch)
    n = len(data.labels) - TUNE_MNIST
    steps = epochs * math.ceil(n / PLAIN_BATCH)
    rate: Any = 1e-3
    if arch == "quick":  # warmup to four times the rate of the others, then cosine decay
        rate = keras.optimizers.schedules.CosineDecay(
            3e-4, steps - steps // 5, warmup_target=4e-3, warmup_steps=steps // 5
        )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    model.fit(network_input(data.images[:n]), data.labels[:n], batch_size=PLAIN_BATCH, epochs=epochs, verbose=1)
    return model


# ---- the command ----------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--arch", choices=("digitpad", "cnn", "softmax", "quick"), default="digitpad")
    parser.add_argument("--quick", dest="arch", action="store_const", const="quick", help="same as --arch quick")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="default: 0; for the shipped network 0 1 2, from which it is distilled"
    )
    parser.add_argument(
        "--epochs",
        type=int,
        help=f"default: {FROM_SCRATCH.epochs}, {PLAIN_EPOCHS} for plain networks, {QUICK_EPOCHS} for quick",
    )
    parser.add_argument(
        "--continue",
        dest="further",
        action="store_true",
        help="train the network in this folder further, which is also its own teacher",
    )
    parser.add_argument("--keep", type=Path, default=Path(".cache/train"), help="folder for checkpoints")
    parser.add_argument(
        "--resume", action="store_true", help="go on after the last epoch of an interrupted run, from its checkpoints"
    )
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the model files")
    options = parser.parse_args()
    try:
        options.data = find_data(options.data)
    except MissingData as error:
        parser.error(str(error))
    data = TrainingData(options.data)
    schedule = CONTINUED if options.further else FROM_SCRATCH
    schedule = schedule._replace(epochs=options.epochs or schedule.epochs)
    if options.further:
        start, teacher = load_network(TOP), load_network(TOP)
        model = train(options.data, data, CONTINUED_SEED, schedule, options.keep, options.resume, [teacher], start)
        finish(model, data, options.out)
        return
    seeds = options.seeds or ([0, 1, 2] if options.arch == "digitpad" else [0])
    scores, teachers = [], []
    for seed in seeds:
        out = options.out if len(seeds) == 1 else options.keep / f"seed{seed}"
        out.mkdir(parents=True, exist_ok=True)
        if options.arch == "digitpad":
            model = train(options.data, data, seed, schedule, options.keep, options.resume)
        else:
            epochs = options.epochs or (QUICK_EPOCHS if options.arch == "quick" else PLAIN_EPOCHS)
            model = train_plain(options.arch, data, seed, epochs)
        scores.append(score(f"seed {seed}", model, data))
        if options.arch == "digitpad":
            write(model, out, *tune(model, data))
            teachers.append(model)
        else:
            export(with_softmax(model), out / "models" / f"model_{options.arch}.onnx", {"mnist_test": scores[-1]})
    spread = np.std(scores, ddof=min(1, len(scores) - 1))
    print(f"MNIST test: mean {np.mean(scores):.3%}, sd {spread:.3%}, n {len(scores)}", flush=True)
    if len(teachers) > 1:
        model = train(options.data, data, max(seeds) + 1, schedule, options.keep, options.resume, teachers)
        finish(model, data, options.out)


def finish(model: Any, data: TrainingData, out: Path) -> None:
    """Calibrate the network to ship, and write it to the folder `out`."""
    score("the shipped network", model, data)
    out.mkdir(parents=True, exist_ok=True)
    write(model, out, *tune(model, data))


def score(name: str, model: Any, data: TrainingData) -> float:
    right = accuracy(model, network_input(data.test_images), data.test_labels)
    print(f"{name}: {right:.2%} of MNIST's 10,000 test images", flush=True)
    return right


if __name__ == "__main__":
    main()
