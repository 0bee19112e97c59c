"""Compares two networks on the same drawings, and decides whether the new one may replace the old one.

It uses McNemar's exact, paired test: only drawings count that one network reads right and the other wrong. If both
networks were equally good, each of these would be a coin toss. A difference is beyond chance if coin tosses reach it
with a probability below CHANCE.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.normalize import normalize
from backend.reading.recognizer import Network, Recognizer, load_onnx, network_input
from training import browser
from training.data import TUNE_MNIST, TrainingData
from training.drawing import draw_at_random
from training.nondigits import NOT_A_DIGIT, NOT_A_DIGIT_ABOVE

CHANCE = 0.05
FEWEST_CORRECTED = 5  # with fewer drawings, no difference is beyond chance: 1/2 ** 5 < CHANCE < 1/2 ** 4
EXPORTS_DIFFER = 1e-3  # the largest difference of a probability between exports; sixteen bits make about half of it
SEED = 31
BLOCK = 500  # images that a network reads at a time

Answers = npt.NDArray[np.int64]  # 0 to 9, or NOT_A_DIGIT
Right = npt.NDArray[np.bool_]
PENS = "digits of held-out writers"


class Comparison(NamedTuple):
    """How many of the same drawings each of two networks reads right."""

    name: str  # of the drawings
    total: int  # drawings
    old: int  # drawings that the old network reads right
    new: int  # drawings that the new network reads right
    gained: int  # only the new network reads them right
    lost: int  # only the old one does
    must: str  # "not be worse", "be better", or "": only reported

    @property
    def passes(self) -> bool:
        if self.must == "be better":
            return p_value(self.gained, self.lost) < CHANCE
        return self.must == "" or p_value(self.lost, self.gained) >= CHANCE


def p_value(heads: int, tails: int) -> float:
    """The probability of at least that many heads in heads + tails tosses of a fair coin."""
    tosses = heads + tails
    return sum(math.comb(tosses, k) for k in range(heads, tosses + 1)) / 2**tosses


def answers(network: Network, images: Image) -> Answers:
    """What the page would show for each of (n, 28, 28): a digit, or NOT_A_DIGIT."""
    blocks = [network(network_input(images[k : k + BLOCK])) for k in range(0, len(images), BLOCK)]
    eleven = np.concatenate(blocks) if blocks else np.zeros((0, 11), np.float32)
    return np.where(eleven[:, 10] > NOT_A_DIGIT_ABOVE, NOT_A_DIGIT, eleven[:, :10].argmax(1))


def surely_right(recognizer: Recognizer, images: Image, labels: Answers) -> Right:
    """Whether the verdict is `digit` and the digit right, of each of (n, 28, 28)."""
    readings = [recognizer.read(image) for image in images]
    return np.array([each.verdict == "digit" for each in readings]) & ([each.digit for each in readings] == labels)


def compare(
    name: str, old: Network, new: Network, images: Image, labels: Answers, must: str = "not be worse"
) -> Comparison:
    """Compare two networks by their answers to images (n, 28, 28)."""
    return compare_right(name, answers(old, images) == labels, answers(new, images) == labels, must)


def compare_right(name: str, before: Right, after: Right, must: str = "not be worse") -> Comparison:
    """Compare two networks by which drawings each of them reads right; both (n,)."""
    old_right, new_right, gained, lost = (int(each.sum()) for each in (before, after, after & ~before, before & ~after))
    return Comparison(name, len(before), old_right, new_right, gained, lost, must)


def kept(data: TrainingData) -> dict[str, tuple[Image, Answers]]:
    """Images and labels that no network was trained on, by what they are. MNIST's test images are not among them."""
    rng = np.random.default_rng(SEED)
    pens = [normalize(draw_at_random(data.pens.strokes(i), rng)) for i in data.pens_tune]
    others = [normalize(draw_at_random(data.others.strokes(i), rng)) for i in data.others_tune]
    return {
        "MNIST, held-out training images": (data.images[-TUNE_MNIST:], data.labels[-TUNE_MNIST:].astype(np.int64)),
        PENS: (np.stack(pens), data.pens.label[data.pens_tune].astype(np.int64)),
        "letters and signs of held-out writers": (np.stack(others), np.full(len(others), NOT_A_DIGIT)),
    }


def compare_kept(data: TrainingData, old: Recognizer, new: Recognizer) -> list[Comparison]:
    """Compare on `kept`, and also how many digits are read surely and right."""
    found = kept(data)
    before, after = (surely_right(each, *found[PENS]) for each in (old, new))
    comparisons = [compare(name, old.network, new.network, *given) for name, given in found.items()]
    return [*comparisons, compare_right(f"{PENS}, verdict `digit`", before, after)]


def exports_differ(folder: Path, images: Image) -> float:
    """The largest difference of any probability between Keras, ONNX and the page's network, on (n, 28, 28)."""
    keras, onnx = Recognizer(folder, "keras"), Recognizer(folder)
    layers = load_onnx(folder / "models" / "model_mnist_layers.onnx", onnx.metadata)
    given = network_input(images)
    expected = keras.network(given)
    exports = (onnx.network(given), layers(given)[-1], browser.load(folder / browser.FILE)(given))
    return float(max(np.abs(each - expected).max() for each in exports))
