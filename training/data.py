"""All training data, and the samples of an epoch, which are varied anew each time."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from training.crops import crop_at_random
from training.drawing import CANVAS, PENS, draw_at_random
from training.nondigits import LOOKALIKES, NOT_A_DIGIT, invent, side_by_side
from training.paper import photograph
from training.sources import Pens, load_mnist, split_writers
from training.styles import add_style, straight_one
from training.variation import Rng, thicken, vary_strokes, warp, wear, widen

PEN_REPEATS = 3  # times that each pen drawing occurs in an epoch, varied differently
OTHERS, INVENTED, NUMBERS = 5000, 2500, 1000  # per epoch: letters and signs, generated doodles, two-digit numbers
STRAIGHT = 500  # per epoch: ones that are a straight line
CROPS = 6000  # per epoch: parts of numbers, half of them whole digits
PHOTOGRAPHS = 1000  # per epoch: pen drawings photographed on paper
FAT_SHARE, FAT_PENS = 0.3, (18.0, 36.0)  # fraction and px; these drawings are the hardest, since loops are filled
NON_DIGIT_PENS = (6.0, 20.0)  # px; with a wider pen, a non-digit is a blob that could be a digit
TUNE_MNIST = 2000  # the last of MNIST's training images are held out too


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
        samples += [("straight", 0)] * STRAIGHT + [("crop", 0)] * CROPS
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
        if kind == "straight":
            return normalize(draw_at_random(straight_one(rng), rng, FAT_PENS if rng.random() < FAT_SHARE else PENS)), 1
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
