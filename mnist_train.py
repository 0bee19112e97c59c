"""Trains the network that Digitpad reads with, and writes model_mnist.json, model_mnist.h5 and model_mnist.onnx.

MNIST's 10,000 test pictures: mean 99.657 %, sd 0.025 %, n 3 seeds; the network that ships, taught by them, 99.71 %.
An epoch takes 92 s on four cores, hence a network 25 minutes and all four 110.

    python mnist_train.py              three networks, and the one that ships, which learns from them
    python mnist_train.py --arch cnn   the reports' CNN, or softmax regression, on plain MNIST
    python mnist_train.py --quick      a small network, 99 % within a minute

The data are downloaded once, unless --data or DIGITPAD_DATA names a folder that has them (docs/data.md).
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
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.errors import BlankDrawing
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import FORMAT, among_digits
from training.download import MissingData
from training.drawing import CANVAS, PENS, Image, draw_at_random
from training.nondigits import LOOKALIKES, invent, side_by_side
from training.paper import photograph
from training.sources import DATA_HELP, Pens, find_data, load_mnist
from training.variation import Rng, add_style, thicken, vary_strokes, warp, wear, widen

# ---- the recipe -----------------------------------------------------------------------------------------------------

EPOCHS = 16
PASSES = 2  # drawing an epoch costs as much as learning from it: each is learned twice, in another order
BATCH = 128
PLAIN_EPOCHS = 12  # of the networks that it is compared with
QUICK_EPOCHS = 4
PLAIN_BATCH = 128
PEAK_RATE = 2.5e-3  # of AdamW, warmed up over one epoch, then a half cosine to nothing
WEIGHT_DECAY = 1e-3
HINT = 0.5  # share of the teachers' belief in what the network that ships learns; the rest is the label
SMOOTHING = 0.02  # of the labels, some of which are wrong
EMA = 0.999  # weights are averaged over the last ~1000 steps
PEN_REPEATS = 3  # each drawing of the pens comes this often in an epoch, varied anew
OTHERS, INVENTED, NUMBERS = 5000, 2500, 1000  # letters and signs, scribbles, two-digit numbers in an epoch
PHOTOGRAPHS = 1500  # digits of the pens on paper
FAT_SHARE, FAT_PENS = 0.3, (18.0, 36.0)  # px: these drawings are the hardest, their loops are filled
NON_DIGIT_PENS = (6.0, 20.0)  # px: with a fatter pen, what is no digit is a blob that a digit can be too
MILD_SHARE, MILD = 0.4, 0.5  # the last epochs vary half as much, so that training ends near what people really draw
TUNE_EVERY = 10  # every tenth writer of the training part is kept for choosing, and not trained on
TUNE_MNIST = 2000  # the last of MNIST's training pictures likewise

SUSPECT_BELOW, SUSPECT_ABOVE = 0.05, 0.8  # probability of the label, and of another digit, that make a label suspect

NOT_A_DIGIT = 10  # the eleventh class
NOT_A_DIGIT_ABOVE = 0.5  # its probability from which that is the verdict
RIGHT_WHEN_SURE = 0.9975  # of the drawings with the verdict `digit`, on the kept writers
CHUNK = 500  # drawings that one worker makes at a time

Floats = npt.NDArray[np.float32]


# ---- networks -------------------------------------------------------------------------------------------------------


def build(arch: str) -> Any:
    """A Keras model from (28, 28, 1) in [0, 1] to logits: eleven for the network that ships, ten for the others."""
    import keras
    from keras import layers

    picture = x = layers.Input((28, 28, 1), name="picture")
    if arch == "softmax":
        return keras.Model(picture, layers.Dense(10, name="logits")(layers.Flatten()(x)), name="softmax_regression")
    if arch == "cnn":
        for width in (32, 64):
            x = layers.Conv2D(width, 5, activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Dense(1024, activation="relu")(layers.Flatten()(x))
        return keras.Model(picture, layers.Dense(10, name="logits")(layers.Dropout(0.5)(x)), name="reports_cnn")
    if arch == "quick":
        for width, pool in ((16, True), (32, True), (64, False)):
            x = layers.Conv2D(width, 3, use_bias=False)(x)
            x = layers.MaxPooling2D()(x) if pool else x
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return keras.Model(picture, layers.Dense(10, name="logits")(layers.Flatten()(x)), name="quick")
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
    return keras.Model(picture, layers.Dense(11, name="logits")(layers.Flatten()(x)), name="digitpad")


# ---- data: every epoch is drawn anew --------------------------------------------------------------------------------


class Material:
    """What is trained on, and which part of it is kept for choosing."""

    def __init__(self, folder: Path) -> None:
        self.pictures, self.labels, self.test_pictures, self.test_labels = load_mnist(folder)
        self.pens, self.others = Pens(folder / "pens.npz"), Pens(folder / "pens_other.npz")
        self._pens_train, self.pens_tune = _split(self.pens)
        self.pens_train = self._pens_train
        train, tune = _split(self.others)
        clear = ~np.isin(self.others.label, list(LOOKALIKES))
        self.others_train, self.others_tune = train[clear[train]], tune[clear[tune]]
        self.mnist_train = np.arange(len(self.labels) - TUNE_MNIST)

    def epoch(self, rng: Rng) -> list[tuple[str, int]]:
        """The samples of an epoch, shuffled: (kind, index)."""
        samples = [("mnist", i) for i in self.mnist_train.tolist()]
        samples += [("pens", i) for i in self.pens_train.tolist()] * PEN_REPEATS
        samples += [("other", i) for i in rng.choice(self.others_train, OTHERS, replace=False).tolist()]
        samples += [("invented", 0)] * INVENTED + [("number", 0)] * NUMBERS
        samples += [("photograph", i) for i in rng.choice(self.pens_train, PHOTOGRAPHS).tolist()]
        return [samples[k] for k in rng.permutation(len(samples))]

    def set_aside(self, drawings: npt.NDArray[np.int64]) -> None:
        """Train on all of the pens' drawings but these."""
        self.pens_train = np.setdiff1d(self._pens_train, drawings)

    def make(self, kind: str, i: int, rng: Rng, amount: float) -> tuple[Image, int]:
        """One 28x28 picture, varied by `amount` (0 to 1), and its class."""
        picture, label = self._make(kind, i, rng, amount)
        return wear(picture, rng) if rng.random() < amount else picture, label

    def _make(self, kind: str, i: int, rng: Rng, amount: float) -> tuple[Image, int]:
        if kind == "mnist":
            return _vary_mnist(self.pictures[i], rng, amount), int(self.labels[i])
        if kind == "pens":
            label = str(self.pens.label[i])
            strokes = vary_strokes(add_style(self.pens.strokes(i), label, rng), rng, amount)
            pens = FAT_PENS if rng.random() < FAT_SHARE else PENS
            return normalize(draw_at_random(strokes, rng, pens)), int(label)
        if kind == "photograph":
            ink = draw_at_random(vary_strokes(self.pens.strokes(i), rng, amount), rng)
            with contextlib.suppress(BlankDrawing):  # nothing left to see: use the drawing itself
                ink = find_ink(photograph(ink, rng, largest=480))
            return normalize(ink), int(self.pens.label[i])
        if kind == "other":
            strokes = vary_strokes(self.others.strokes(i), rng, amount)
        elif kind == "number":
            left, right = rng.choice(self.pens_train, 2)
            strokes = side_by_side(self.pens.strokes(left), self.pens.strokes(right), rng)
        else:
            strokes = invent(rng)
        return normalize(draw_at_random(strokes, rng, NON_DIGIT_PENS)), NOT_A_DIGIT


def _split(pens: Pens) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Drawings of the training part: those to train on, and those of every tenth writer to choose by."""
    train = np.flatnonzero(pens.split == "train")
    kept = np.isin(pens.writer[train], np.unique(pens.writer[train])[::TUNE_EVERY])
    return train[~kept], train[kept]


def _vary_mnist(picture: Image, rng: Rng, amount: float) -> Image:
    """Half as MNIST has them, half enlarged, some with a far wider pen, and brought to MNIST's form as a user's is."""
    picture = warp(picture, rng, amount)
    if rng.random() < 0.3 * amount:
        picture = thicken(picture, rng)
    if rng.random() < 0.5 or picture.max() < 128:
        return picture
    side = round(rng.uniform(100, CANVAS))
    how = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    large = cv2.resize(picture, (side, side), interpolation=how)
    return normalize(widen(large, rng.uniform(0, 0.1) * side) if rng.random() < 0.5 else large)


_material: Material


def _start_worker(folder: Path) -> None:
    global _material
    os.nice(5)
    cv2.setNumThreads(1)
    _material = Material(folder)


def _make_chunk(
    samples: list[tuple[str, int]], seed: list[int], amount: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    made = [_material.make(kind, i, rng, amount) for kind, i in samples]
    return np.stack([picture for picture, _ in made]), np.array([label for _, label in made])


class Epochs:
    """Draws the next epoch in other processes while the network learns from this one."""

    def __init__(self, folder: Path, material: Material, seed: int, mild_from: int, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, context, _start_worker, (folder,))
        self._material, self._seed, self._mild_from = material, seed, mild_from
        self._pending: dict[int, list[Future[Any]]] = {}

    def ask(self, epoch: int) -> None:
        samples = self._material.epoch(np.random.default_rng([self._seed, epoch]))
        amount = 1.0 if epoch < self._mild_from else MILD
        self._pending[epoch] = [
            self._pool.submit(_make_chunk, samples[k : k + CHUNK], [self._seed, epoch, k], amount)
            for k in range(0, len(samples), CHUNK)
        ]

    def take(self, epoch: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Pictures (n, 28, 28, 1) in [0, 1] and classes (n,)."""
        if epoch not in self._pending:
            self.ask(epoch)
        chunks = [future.result() for future in self._pending.pop(epoch)]
        pictures = np.concatenate([pictures for pictures, _ in chunks])
        return as_input(pictures), np.concatenate([labels for _, labels in chunks])

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def as_input(pictures: npt.NDArray[np.uint8]) -> Floats:
    """uint8 (n, 28, 28) as the network takes them: float32 (n, 28, 28, 1) in [0, 1]."""
    return pictures[..., None].astype(np.float32) / np.float32(255)


# ---- training -------------------------------------------------------------------------------------------------------


def train(folder: Path, material: Material, seed: int, epochs: int, keep: Path, teachers: Sequence[Any] = ()) -> Any:
    """A network of the kind that ships, trained; goes on where an earlier run with the same folder `keep` stopped."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    material.set_aside(np.array([], int))
    workers = max(1, (os.cpu_count() or 1) // 2)
    drawn = Epochs(folder, material, seed, round(epochs * (1 - MILD_SHARE)), workers)
    steps = math.ceil(PASSES * len(material.epoch(np.random.default_rng(0))) / BATCH)
    checkpoint = keep / f"seed{seed}-{epochs}.keras"
    done_file = checkpoint.with_suffix(".epoch")
    suspects = checkpoint.with_suffix(".npy")
    first, half = 0, epochs // 2
    keep.mkdir(parents=True, exist_ok=True)
    if done_file.exists():
        model, first = keras.models.load_model(checkpoint), int(done_file.read_text())
        print(f"going on after epoch {first}")
        if first > half:
            material.set_aside(np.load(suspects))
    else:
        model = build("digitpad")
        rate = keras.optimizers.schedules.CosineDecay(
            PEAK_RATE / 20, steps * (epochs - 1), warmup_target=PEAK_RATE, warmup_steps=steps
        )
        optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=EMA)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
        model.compile(optimizer, loss, metrics=["accuracy"])
    for epoch in range(first, epochs):
        began = time.monotonic()
        pictures, labels = drawn.take(epoch)
        if epoch == half:
            np.save(suspects, find_suspects(model, material))
        if epoch >= half:
            material.set_aside(np.load(suspects))
        if epoch + 1 < epochs:
            drawn.ask(epoch + 1)
        targets = np.eye(11, dtype=np.float32)[labels]
        if teachers:
            targets += HINT * (agreed(teachers, pictures, targets) - targets)
        rng = np.random.default_rng([seed, epoch])
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(PASSES)])
        bar = keras.utils.Progbar(len(order), stateful_metrics=["loss", "accuracy"])
        model.reset_metrics()
        for k in range(0, len(order), BATCH):
            batch = order[k : k + BATCH]
            logs = model.train_on_batch(pictures[batch], targets[batch], return_dict=True)
            bar.update(k + len(batch), list(logs.items()))
        model.save(checkpoint)
        done_file.write_text(str(epoch + 1))
        right = accuracy(model, as_input(material.pictures[-TUNE_MNIST:]), material.labels[-TUNE_MNIST:])
        took = time.monotonic() - began
        print(f"epoch {epoch + 1}/{epochs}: {took:.0f} s, {right:.2%} of {TUNE_MNIST} kept MNIST pictures", flush=True)
    drawn.close()
    print(f"set aside as wrongly labeled: {len(np.load(suspects))} of the pens' drawings")
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model


def agreed(teachers: Sequence[Any], pictures: Floats, targets: Floats) -> Floats:
    """What the teachers believe on the average where it is what the label says, else the label. All (n, 11).

    Distillation: Hinton, Vinyals and Dean, https://arxiv.org/abs/1503.02531. How unsure several networks are of a
    drawing says more than its label.
    """
    believed = np.mean([softmax(each.predict(pictures, batch_size=500, verbose=0)) for each in teachers], axis=0)
    agree = believed.argmax(1) == targets.argmax(1)
    return np.where(agree[:, None], believed, targets).astype(np.float32)


def softmax(logits: Floats) -> Floats:
    likelihoods = np.exp(logits - logits.max(1, keepdims=True))
    return likelihoods / likelihoods.sum(1, keepdims=True)


def find_suspects(model: Any, material: Material) -> npt.NDArray[np.int64]:
    """Drawings of the pens whose label the half-trained network does not believe, drawn three times without changes.

    Half-way the network has learned what the many agree on and not yet the wrong labels by heart.
    """
    believed = np.zeros((len(material.pens_train), 11))
    for repeat in range(3):
        rng = np.random.default_rng(repeat)
        pictures = [normalize(draw_at_random(material.pens.strokes(i), rng)) for i in material.pens_train]
        believed += softmax(model.predict(as_input(np.stack(pictures)), batch_size=500, verbose=0)) / 3
    labels = material.pens.label[material.pens_train].astype(int)
    doubted = believed[np.arange(len(labels)), labels] < SUSPECT_BELOW
    return material.pens_train[doubted & (believed[:, :10].max(1) > SUSPECT_ABOVE)]


def accuracy(model: Any, pictures: Floats, labels: npt.NDArray[Any]) -> float:
    """Share read right, the digit being the likeliest of ten."""
    logits = model.predict(pictures, batch_size=500, verbose=0)
    return float((logits[:, :10].argmax(1) == labels).mean())


# ---- choosing temperature and thresholds ----------------------------------------------------------------------------


def tune(model: Any, material: Material) -> tuple[float, float]:
    """The temperature that calibrates, and the lowest confidence that is right often enough for the verdict `digit`."""
    rng = np.random.default_rng(0)
    pictures, labels = [], []
    for _ in range(3):
        for i in material.pens_tune:
            pictures.append(normalize(draw_at_random(material.pens.strokes(i), rng)))
            labels.append(int(material.pens.label[i]))
    for i in material.others_tune:
        pictures.append(normalize(draw_at_random(material.others.strokes(i), rng)))
        labels.append(NOT_A_DIGIT)
    for _ in range(500):
        pictures.append(normalize(draw_at_random(invent(rng), rng)))
        labels.append(NOT_A_DIGIT)
    logits, truth = model.predict(as_input(np.stack(pictures)), batch_size=500, verbose=0), np.array(labels)
    digits = truth < NOT_A_DIGIT

    def at(temperature: float) -> Floats:
        return softmax(logits / temperature).astype(np.float32)

    def loss(temperature: float) -> float:
        ten = among_digits(at(temperature)[digits])
        return -float(np.log(ten[np.arange(len(ten)), truth[digits]]).mean())

    temperature = float(min(np.geomspace(0.2, 3, 100), key=loss))
    eleven = at(temperature)
    ten = among_digits(eleven)
    confidence, right = ten.max(1), ten.argmax(1) == truth
    called = eleven[:, 10] <= NOT_A_DIGIT_ABOVE
    bars = np.linspace(0.3, 0.999, 700)
    sure = float(next((b for b in bars if right[digits & called & (confidence >= b)].mean() >= RIGHT_WHEN_SURE), 0.999))
    taken = called & (confidence >= sure)
    print(
        f"kept writers: {right[digits].mean():.2%} of {digits.sum()} right; temperature {temperature:.3f}; "
        f"verdict digit from {sure:.3f}: {taken[digits].mean():.2%} of digits, "
        f"right {right[digits & taken].mean():.2%}, "
        f"and {taken[~digits].mean():.2%} of non-digits; not a digit: {(~called)[~digits].mean():.2%} "
        f"of non-digits, {(~called)[digits].mean():.2%} of digits"
    )
    return temperature, sure


# ---- writing the model ----------------------------------------------------------------------------------------------


def write(model: Any, folder: Path, temperature: float, sure: float) -> None:
    """model_mnist.json + .h5 (Keras), the same network for serving, model_mnist.onnx, and with what each layer makes
    of a picture, model_mnist_layers.onnx; all bound together by the weights' hash."""
    import keras

    logits = model.get_layer("logits")
    logits.set_weights([weights / temperature for weights in logits.get_weights()])
    final = with_softmax(model)
    weights = folder / "model_mnist.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        final.save(weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    about = {
        "format": FORMAT,
        "keras": keras.__version__,
        "weights_sha256": digest,
        "sure": round(sure, 4),
        "not_a_digit": NOT_A_DIGIT_ABOVE,
    }
    architecture = json.loads(final.to_json()) | {"digitpad": about}
    (folder / "model_mnist.json").write_text(json.dumps(architecture, indent=1) + "\n")
    export(final, folder / "models" / "model_mnist.onnx", about)
    shown = [layer.output for layer in final.layers if isinstance(layer, keras.layers.ReLU)]
    export(keras.Model(final.input, [*shown, final.output]), folder / "models" / "model_mnist_layers.onnx", about)
    print(f"wrote model_mnist.json, .h5 and .onnx, version {digest[:12]}")


def with_softmax(model: Any) -> Any:
    import keras

    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(model.output), name=model.name)


def export(model: Any, path: Path, about: dict[str, Any]) -> None:
    """The model as ONNX, with what it says of itself in its metadata."""
    import onnx

    model(np.zeros((1, 28, 28, 1), np.float32))  # the exporter wants a model that has been called
    model.export(path, format="onnx", verbose=False)
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {"digitpad": json.dumps(about)})
    onnx.save(graph, path)


# ---- the networks that it is compared with --------------------------------------------------------------------------


def train_plain(arch: str, material: Material, seed: int, epochs: int) -> Any:
    """Softmax regression, the reports' CNN or the quick one as they are taught: plain MNIST, no variation, Adam."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build(arch)
    n = len(material.labels) - TUNE_MNIST
    steps = epochs * math.ceil(n / PLAIN_BATCH)
    rate: Any = 1e-3
    if arch == "quick":  # up to four times as fast as the others, then down to nothing
        rate = keras.optimizers.schedules.CosineDecay(
            3e-4, steps - steps // 5, warmup_target=4e-3, warmup_steps=steps // 5
        )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    model.fit(as_input(material.pictures[:n]), material.labels[:n], batch_size=PLAIN_BATCH, epochs=epochs, verbose=1)
    return model


# ---- the command ----------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--arch", choices=("digitpad", "cnn", "softmax", "quick"), default="digitpad")
    parser.add_argument("--quick", dest="arch", action="store_const", const="quick", help="the same as --arch quick")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="0, or with what ships 0 1 2, from all of which one more learns"
    )
    parser.add_argument(
        "--epochs", type=int, help=f"{EPOCHS}, {PLAIN_EPOCHS} for the plain ones, {QUICK_EPOCHS} for quick"
    )
    parser.add_argument("--keep", type=Path, default=Path(".cache/train"), help="folder for checkpoints")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the model's files")
    options = parser.parse_args()
    try:
        options.data = find_data(options.data)
    except MissingData as error:
        parser.error(str(error))
    material = Material(options.data)
    seeds = options.seeds or ([0, 1, 2] if options.arch == "digitpad" else [0])
    scores, teachers = [], []
    for seed in seeds:
        out = options.out if len(seeds) == 1 else options.keep / f"seed{seed}"
        out.mkdir(parents=True, exist_ok=True)
        if options.arch == "digitpad":
            model = train(options.data, material, seed, options.epochs or EPOCHS, options.keep)
        else:
            epochs = options.epochs or (QUICK_EPOCHS if options.arch == "quick" else PLAIN_EPOCHS)
            model = train_plain(options.arch, material, seed, epochs)
        scores.append(score(f"seed {seed}", model, material))
        if options.arch == "digitpad":
            write(model, out, *tune(model, material))
            teachers.append(model)
        else:
            export(with_softmax(model), out / f"model_{options.arch}.onnx", {"mnist_test": scores[-1]})
    spread = np.std(scores, ddof=min(1, len(scores) - 1))
    print(f"MNIST test: mean {np.mean(scores):.3%}, sd {spread:.3%}, n {len(scores)}", flush=True)
    if len(teachers) > 1:
        model = train(options.data, material, max(seeds) + 1, options.epochs or EPOCHS, options.keep, teachers)
        score("the network that ships", model, material)
        options.out.mkdir(parents=True, exist_ok=True)
        write(model, options.out, *tune(model, material))


def score(name: str, model: Any, material: Material) -> float:
    right = accuracy(model, as_input(material.test_pictures), material.test_labels)
    print(f"{name}: {right:.2%} of MNIST's 10,000 test pictures", flush=True)
    return right


if __name__ == "__main__":
    main()
