"""Measures the shipped model on images that are decoded and read as the application reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.decode import decode
from backend.reading.errors import UnreadableDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer, network_input
from training.drawing import CANVAS, PENS, SIZES, Strokes, draw, draw_at_random, extent, fit, place
from training.nondigits import LOOKALIKES, invent
from training.paper import photograph
from training.sources import Pens
from training.variation import Rng

SEED = 20
MAX_PIXELS = 10**7


class Answer(NamedTuple):
    digit: int
    confidence: float
    verdict: str


UNREADABLE = Answer(-1, 0.0, "refused")  # a drawing that is blank or damaged


class DigitResults(NamedTuple):
    """Drawn digits and how they were read: arrays of the same length."""

    drawing: npt.NDArray[np.int64]  # index in pens.npz
    truth: npt.NDArray[np.int64]
    read: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    sure: npt.NDArray[np.bool_]  # the verdict is `digit`

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return self.read == self.truth

    def only(self, chosen: npt.NDArray[np.bool_]) -> DigitResults:
        drawing, truth, read, confidence, sure = self
        return DigitResults(drawing[chosen], truth[chosen], read[chosen], confidence[chosen], sure[chosen])

    def without(self, drawings: npt.NDArray[np.int64]) -> DigitResults:
        """The results of all other drawings."""
        return self.only(~np.isin(self.drawing, drawings))


def read_image(recognizer: Recognizer, pixels: Image, jpeg_quality: int | None = None) -> Answer:
    """Encode pixels (gray, BGR or BGRA) as PNG, or as JPEG of a given quality, and read the file."""
    if jpeg_quality is None:
        file = cv2.imencode(".png", pixels)[1].tobytes()
    else:
        file = cv2.imencode(".jpeg", pixels, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])[1].tobytes()
    try:
        reading = recognizer.read(normalize(find_ink(decode(file, MAX_PIXELS).pixels)))
    except UnreadableDrawing:
        return UNREADABLE
    return Answer(reading.digit, reading.confidence, reading.verdict)


def sample_of(indices: npt.NDArray[np.int64], count: int | None) -> npt.NDArray[np.int64]:
    """All indices, or a random sample of `count` that is the same every time."""
    if count is None or count >= len(indices):
        return indices
    return np.sort(np.random.default_rng(SEED).choice(indices, count, replace=False))


def canvas(strokes: Strokes, rng: Rng) -> Image:
    """The 280x280 canvas of the page, dark on white, with the strokes at a random place, size and pen width."""
    return 255 - draw_at_random(strokes, rng)


def on_paper(strokes: Strokes, rng: Rng) -> Image:
    """A photograph of the strokes on paper."""
    return photograph(draw_at_random(strokes, rng), rng)


def drawn_digits(
    recognizer: Recognizer,
    pens: Pens,
    drawings: npt.NDArray[np.int64],
    render: Callable[[Strokes, Rng], Image] = canvas,
) -> DigitResults:
    """Read some of the digits of pens.npz, each at random but the same way every time."""
    images = (render(pens.strokes(i), np.random.default_rng([SEED, i])) for i in drawings.tolist())
    answers = [read_image(recognizer, image) for image in images]
    return DigitResults(
        drawings,
        pens.label[drawings].astype(np.int64),
        np.array([answer.digit for answer in answers]),
        np.array([answer.confidence for answer in answers]),
        np.array([answer.verdict == "digit" for answer in answers]),
    )


def mnist_raw(recognizer: Recognizer, images: Image, labels: Image) -> float:
    """Accuracy of the network alone on MNIST's test images."""
    right = 0
    for k in range(0, len(labels), 1000):
        eleven = recognizer.network(network_input(images[k : k + 1000]))
        right += int((eleven[:, :10].argmax(1) == labels[k : k + 1000]).sum())
    return right / len(labels)


def mnist_enlarged(recognizer: Recognizer, images: Image, labels: Image) -> float:
    """Accuracy on the same images enlarged to 280x280, dark on light, and read as files."""
    enlarged = (255 - cv2.resize(image, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC) for image in images)
    read = [read_image(recognizer, image).digit for image in enlarged]
    return float((np.array(read) == labels).mean())


def invariance(recognizer: Recognizer, pens: Pens, count: int | None) -> dict[str, float]:
    """Fraction of drawings that are read as the same digit after a change that doesn't matter to people."""
    index = sample_of(np.flatnonzero(pens.split == "val"), count)
    same: dict[str, list[bool]] = {}
    for i in index.tolist():
        rng = np.random.default_rng([SEED, i])
        strokes, pen, longer = pens.strokes(i), 16.0, 160.0
        plain = draw(_centered(strokes, longer), pen)
        changed = {
            "moved": 255 - draw(place(strokes, rng, longer, pen), pen),
            "scaled": 255 - draw(_centered(strokes, rng.uniform(SIZES[0], 244)), pen * 0.75),
            "thicker": 255 - draw(_centered(strokes, longer), 26),
            "thinner": 255 - draw(_centered(strokes, longer), PENS[0]),
            "inverted": plain,
            "transparent": np.dstack([np.zeros((CANVAS, CANVAS, 3), np.uint8), plain]),
        }
        answers = {change: read_image(recognizer, image) for change, image in changed.items()}
        answers["JPEG"] = read_image(recognizer, 255 - plain, jpeg_quality=60)
        expected = read_image(recognizer, 255 - plain).digit
        for change, answer in answers.items():
            same.setdefault(change, []).append(answer.digit == expected)
    return {change: float(np.mean(answers)) for change, answers in same.items()}


def _centered(strokes: Strokes, longer: float) -> Strokes:
    fitted = fit(strokes, longer)
    return [stroke + (CANVAS - extent(fitted)[1]) / 2 for stroke in fitted]


def calibration_error(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (arXiv 1706.04599, section 2) with bins of equal width."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(float((right[which == b] - confidence[which == b]).sum())) for b in range(bins)]
    return sum(gaps) / len(confidence)


def not_digits(recognizer: Recognizer, others: Pens, count: int | None) -> list[Answer]:
    """Read letters and signs of writers who are not in the training data, without lookalikes of digits, and doodles."""
    clear = ~np.isin(others.label, list(LOOKALIKES))
    index = sample_of(np.flatnonzero((others.split == "val") & clear), count)
    images = [canvas(others.strokes(i), np.random.default_rng([SEED, i])) for i in index.tolist()]
    rngs = map(np.random.default_rng, range(10_000, 10_000 + len(index) // 5))
    images += [canvas(invent(rng), rng) for rng in rngs]
    return [read_image(recognizer, image) for image in images]


def auroc(digits: Iterable[float], others: Iterable[float]) -> float:
    """Probability that a digit has a higher confidence than a non-digit (Mann-Whitney)."""
    a, b = np.array(list(digits)), np.sort(np.array(list(others)))
    below, up_to = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
    return float((below + up_to).mean() / 2 / len(b))


def reading_time(recognizer: Recognizer, pens: Pens, count: int = 400) -> float:
    """Median time from decoded pixels to probabilities in ms, for one image on one thread."""
    cv2.setNumThreads(1)
    index = sample_of(np.flatnonzero(pens.split == "val"), count)
    images = [
        cv2.cvtColor(canvas(pens.strokes(i), np.random.default_rng(i)), cv2.COLOR_GRAY2BGRA) for i in index.tolist()
    ]
    times = []
    for pixels in images * 3:
        start = time.perf_counter()
        recognizer.read(normalize(find_ink(pixels)))
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000
