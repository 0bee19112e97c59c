"""What the shipped model does, each figure measured through the application's own /predict."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from backend.settings import Settings
from backend.web.app import create_app
from training.drawing import CANVAS, PENS, SIZES, Image, Strokes, draw, draw_at_random, extent, fit, place
from training.nondigits import LOOKALIKES, invent
from training.paper import photograph
from training.sources import Pens
from training.variation import Rng

SEED = 20


class Answer(NamedTuple):
    digit: int
    confidence: float
    verdict: str


NOTHING = Answer(-1, 0.0, "refused")  # a drawing that /predict refused as blank or undecodable


class Way:
    """The whole way of a picture: encoded, posted to /predict, answered."""

    def __init__(self, instance: Path) -> None:
        settings = Settings(instance=instance, records_url="none", access_log=False)
        self._client = create_app(settings).test_client()

    def read(self, pixels: Image, quality: int | None = None) -> Answer:
        """pixels: uint8, gray, BGR or BGRA, sent as PNG, or as JPEG of that quality."""
        kind, options = ("image/png", []) if quality is None else ("image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, quality])
        data = cv2.imencode("." + kind[6:], pixels, options)[1].tobytes()
        url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        response = self._client.post("/predict?record=false", data=url, content_type="text/plain")
        if response.status_code == 422:
            return NOTHING
        answer: dict[str, Any] = response.get_json()
        return Answer(answer["digit"], answer["confidence"], answer["verdict"])


class Drawn(NamedTuple):
    """Digits drawn on the canvas, and what they were read as."""

    drawing: npt.NDArray[np.int64]  # its index in pens.npz
    truth: npt.NDArray[np.int64]
    read: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    sure: npt.NDArray[np.bool_]  # the verdict is `digit`


def sample_of(indices: npt.NDArray[np.int64], count: int | None) -> npt.NDArray[np.int64]:
    """All of them, or `count` at random, always the same."""
    if count is None or count >= len(indices):
        return indices
    return np.sort(np.random.default_rng(SEED).choice(indices, count, replace=False))


def canvas(strokes: Strokes, rng: Rng) -> Image:
    """As the page sends it: dark on white, 280x280, anywhere, any size and pen."""
    return 255 - draw_at_random(strokes, rng)


def drawn_digits(way: Way, pens: Pens, count: int | None, see: Callable[[Strokes, Rng], Image] = canvas) -> Drawn:
    """The digits of writers never trained on, drawn as the page draws (or seen otherwise)."""
    index = sample_of(np.flatnonzero(pens.split == "val"), count)
    answers = [way.read(see(pens.strokes(i), np.random.default_rng([SEED, i]))) for i in index.tolist()]
    return Drawn(
        index,
        pens.label[index].astype(np.int64),
        np.array([answer.digit for answer in answers]),
        np.array([answer.confidence for answer in answers]),
        np.array([answer.verdict == "digit" for answer in answers]),
    )


def on_paper(strokes: Strokes, rng: Rng) -> Image:
    return photograph(draw_at_random(strokes, rng), rng)


def mnist_raw(recognizer: Recognizer, pictures: Image, labels: Image) -> float:
    """Share of MNIST's test pictures that the network itself reads right."""
    right = 0
    for k in range(0, len(labels), 1000):
        eleven = recognizer.network(pictures[k : k + 1000, :, :, None].astype(np.float32) / np.float32(255))
        right += int((eleven[:, :10].argmax(1) == labels[k : k + 1000]).sum())
    return right / len(labels)


def mnist_whole_way(way: Way, pictures: Image, labels: Image) -> float:
    """The same pictures enlarged to 280x280, dark on light, as PNG through /predict."""
    enlarged = (255 - cv2.resize(picture, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC) for picture in pictures)
    return float(np.mean([way.read(image).digit == label for image, label in zip(enlarged, labels, strict=True)]))


def invariance(way: Way, pens: Pens, count: int | None) -> dict[str, float]:
    """Share of drawings that are read as the same digit after a change that no person would mind."""
    index = sample_of(np.flatnonzero(pens.split == "val"), count)
    same: dict[str, list[bool]] = {}
    for i in index.tolist():
        rng = np.random.default_rng([SEED, i])
        strokes, pen, longer = pens.strokes(i), 16.0, 160.0
        plain = draw(_centered(strokes, longer), pen)
        first = way.read(255 - plain).digit
        changed = {
            "moved": way.read(255 - draw(place(strokes, rng, longer, pen), pen)),
            "scaled": way.read(255 - draw(_centered(strokes, rng.uniform(SIZES[0], 244)), pen * 0.75)),
            "thicker": way.read(255 - draw(_centered(strokes, longer), 26)),
            "thinner": way.read(255 - draw(_centered(strokes, longer), PENS[0])),
            "inverted": way.read(plain),
            "transparent": way.read(np.dstack([np.zeros((CANVAS, CANVAS, 3), np.uint8), plain])),
            "JPEG": way.read(255 - plain, quality=60),
        }
        for change, answer in changed.items():
            same.setdefault(change, []).append(answer.digit == first)
    return {change: float(np.mean(answers)) for change, answers in same.items()}


def _centered(strokes: Strokes, longer: float) -> Strokes:
    fitted = fit(strokes, longer)
    return [stroke + (CANVAS - extent(fitted)[1]) / 2 for stroke in fitted]


def calibration_error(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (arXiv 1706.04599, section 2): equal-width bins, weighted by their size."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(float((right[which == b] - confidence[which == b]).sum())) for b in range(bins)]
    return sum(gaps) / len(confidence)


def not_digits(way: Way, others: Pens, count: int | None) -> list[Answer]:
    """Letters and signs of writers never trained on (no one's digit among them), and invented scribbles and doodles."""
    clear = ~np.isin(others.label, list(LOOKALIKES))
    index = sample_of(np.flatnonzero((others.split == "val") & clear), count)
    answers = [way.read(canvas(others.strokes(i), np.random.default_rng([SEED, i]))) for i in index.tolist()]
    invented = (canvas(invent(rng), rng) for rng in map(np.random.default_rng, range(10_000, 10_000 + len(index) // 5)))
    return answers + [way.read(image) for image in invented]


def auroc(digits: Iterable[float], others: Iterable[float]) -> float:
    """Probability that a digit has a higher confidence than what is none (Mann-Whitney)."""
    a, b = np.array(list(digits)), np.sort(np.array(list(others)))
    below, up_to = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
    return float((below + up_to).mean() / 2 / len(b))


def cost(recognizer: Recognizer, pens: Pens, count: int = 400) -> float:
    """Median milliseconds from decoded pixels to probabilities, one picture on one thread."""
    cv2.setNumThreads(1)
    index = sample_of(np.flatnonzero(pens.split == "val"), count)
    pictures = [
        cv2.cvtColor(canvas(pens.strokes(i), np.random.default_rng(i)), cv2.COLOR_GRAY2BGRA) for i in index.tolist()
    ]
    took = []
    for pixels in pictures * 3:
        began = time.perf_counter()
        recognizer.read(normalize(find_ink(pixels)))
        took.append(time.perf_counter() - began)
    return float(np.median(took)) * 1000
