"""How well numbers are read, and how often other drawings are read as numbers.

    python -m tools.measure.numbers [--split kept|val] [--sample N]    DIGITPAD_DATA names the data

`kept`: the writers held out of training, for tuning; `val`: the writers that nothing may be tuned on. Numbers are
composed of one writer's own digits (training/numbers.py). A digit with a wrong label spoils each number that it is part
of, so the second and the fourth column leave out numbers with an unreadable label (training/unreadable.csv).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.errors import BlankDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.numbers import Number, may_be_number, read_number
from backend.reading.pieces import Pen
from backend.reading.recognizer import Reading, Recognizer
from backend.settings import TOP
from training.data import TUNE_MNIST
from training.drawing import CANVAS, draw_at_random
from training.measures import canvas
from training.nondigits import LOOKALIKES, invent
from training.numbers import Composed, Spacing, compose_number, compose_word
from training.paper import photograph
from training.sources import DATA_HELP, Pens, find_data, load_mnist, split_writers
from training.unreadable import unreadable

SEED = 21
Indices = npt.NDArray[np.int64]
Result = tuple[Reading, Number | None]


class Case(NamedTuple):
    """A kind of numbers."""

    name: str
    spacing: Spacing
    digits: int | None = None
    strokes: bool = True
    on_paper: bool = False


CASES = (
    Case("separate, with strokes", "separate"),
    Case("touching, with strokes", "touching"),
    Case("overlapping, with strokes", "overlapping"),
    Case("separate, pixels only", "separate", strokes=False),
    Case("touching pairs, pixels only", "touching", 2, strokes=False),
    Case("separate, photographed on paper", "separate", strokes=False, on_paper=True),
    Case("joined by ligatures, with strokes", "joined"),
)


def read(recognizer: Recognizer, pixels: Image, strokes: list[Pen]) -> Result | None:
    """As the application reads a drawing; None if it is blank."""
    try:
        ink = find_ink(pixels)
    except BlankDrawing:
        return None
    single = recognizer.read(normalize(ink))
    return single, read_number(recognizer, ink, single, strokes) if may_be_number(ink, single) else None


def text(result: Result | None) -> str:
    if result is None:
        return ""
    single, number = result
    return number.result if number else single.result


def is_number(result: Result | None) -> bool:
    return result is not None and result[1] is not None and result[1].verdict == "number"


def page_of(number: Composed, rng: np.random.Generator) -> Image:
    """A photograph of a number that fills a good part of the page."""
    ink = number.ink()
    x, y, width, height = cv2.boundingRect(ink)
    margin = round(height * rng.uniform(0.1, 0.6))
    return photograph(np.pad(ink[y : y + height, x : x + width], margin), rng)


def measure_case(recognizer: Recognizer, pens: Pens, drawings: Indices, case: Case, sample: int) -> str:
    unread = set(unreadable(pens).tolist())
    right, clear, sure = (np.zeros(sample, bool) for _ in range(3))
    for k in range(sample):
        rng = np.random.default_rng([SEED, k])
        number = compose_number(pens, drawings, rng, case.spacing, case.digits)
        pixels = page_of(number, rng) if case.on_paper else 255 - number.ink()
        strokes = [Pen(stroke, number.pen) for stroke in number.strokes] if case.strokes else []
        result = read(recognizer, pixels, strokes)
        right[k], sure[k] = text(result) == number.text, is_number(result)
        clear[k] = unread.isdisjoint(number.drawings)
    shares = right.mean(), right[clear].mean(), right[sure].mean(), right[sure & clear].mean(), sure.mean()
    return f"| {case.name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"


def singles(pens: Pens, drawings: Indices) -> Iterator[tuple[Image, list[Pen]]]:
    for i in drawings.tolist():
        rng = np.random.default_rng([SEED, i])
        yield canvas(pens.strokes(i), rng), []


def enlarged(images: Image) -> Iterator[tuple[Image, list[Pen]]]:
    for image in images:
        yield 255 - cv2.resize(image, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC), []


def others(letters: Pens, drawings: Indices, sample: int) -> Iterator[tuple[Image, list[Pen]]]:
    """Words, letters and signs, and scribbles: a third of each."""
    clear = drawings[~np.isin(letters.label[drawings], list(LOOKALIKES))]
    for k in range(sample):
        rng = np.random.default_rng([SEED, k])
        if k % 3 == 0:
            word = compose_word(letters, drawings, rng)
            yield 255 - word.ink(), [Pen(stroke, word.pen) for stroke in word.strokes] if k % 2 else []
        else:
            strokes = letters.strokes(int(rng.choice(clear))) if k % 3 == 1 else invent(rng)
            yield 255 - draw_at_random(strokes, rng), []


def called_numbers(recognizer: Recognizer, drawings: Iterator[tuple[Image, list[Pen]]]) -> tuple[int, int]:
    """How many drawings are read as numbers, and of how many."""
    results = np.array([is_number(read(recognizer, *drawing)) for drawing in drawings])
    return int(results.sum()), len(results)


def milliseconds(recognizer: Recognizer, pens: Pens, drawings: Indices) -> tuple[float, float]:
    """Median time from pixels to a reading: of one digit, and of four separate ones with their strokes."""
    times: tuple[list[float], list[float]] = [], []
    for k in range(100):
        rng = np.random.default_rng([SEED, k])
        number = compose_number(pens, drawings, rng, "separate", 4)
        one = canvas(pens.strokes(int(rng.choice(drawings))), rng)
        four = 255 - number.ink()
        for n, (pixels, strokes) in enumerate(((one, []), (four, [Pen(s, number.pen) for s in number.strokes]))):
            start = time.perf_counter()
            read(recognizer, pixels, strokes)
            times[n].append(time.perf_counter() - start)
    return float(np.median(times[0])) * 1000, float(np.median(times[1])) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--split", choices=("kept", "val"), default="kept")
    parser.add_argument("--sample", type=int, default=1000, help="drawings of each kind")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    data = find_data(options.data)
    pens, letters = Pens(data / "pens.npz"), Pens(data / "pens_other.npz")
    recognizer = Recognizer(TOP)
    digits, signs = (
        np.flatnonzero(each.split == "val") if options.split == "val" else split_writers(each)[1]
        for each in (pens, letters)
    )
    print("| numbers | right | ... without unreadable labels | right when `number` | ... | verdict `number` |")
    print("|---|---|---|---|---|---|")
    for case in CASES:
        print(measure_case(recognizer, pens, digits, case, options.sample), flush=True)
    mnist = load_mnist(data)[0][:-TUNE_MNIST][: options.sample]
    print("\n| read as a number | of |\n|---|---|")
    for name, drawings in (
        ("single digits", singles(pens, digits)),
        ("MNIST, training part", enlarged(mnist)),
        ("words, signs and scribbles", others(letters, signs, options.sample)),
    ):
        count, total = called_numbers(recognizer, drawings)
        print(f"| {name}: {count} ({count / total:.2%}) | {total:,} |", flush=True)
    one, four = milliseconds(recognizer, pens, digits)
    print(f"\nOne digit: {one:.2f} ms; four: {four:.2f} ms, {four / one:.1f} times as long.")


if __name__ == "__main__":
    main()
