"""How fast the network learns a style that it misreads, from real people's drawings.

    python -m tools.measure.retraining [--steps N]     DIGITPAD_DATA names the data

The drawings are letters of UNIPEN that are also someone's digit, which training leaves out: an I with bars at top and
foot is a 1, a g or q is a 9. Half of their writers draw, and each misread drawing is corrected; after 5, 20 and 50
corrections the network is trained on. It is measured on all such drawings of the other writers, and on what
`digitpad retrain` compares. All writers are of the training split, so nothing of `val` is looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from training.data import TrainingData
from training.drawing import draw, place
from training.gate import Comparison, answers, compare, compare_kept
from training.retraining import STEPS, LabeledDrawing, retrain, save
from training.sources import DATA_HELP, Pens, find_data

AFTER = (5, 20, 50)  # corrections
LONGER, PEN = 160, 14  # px, of each drawing


class Style(NamedTuple):
    name: str
    signs: tuple[str, ...]
    digit: int


STYLES = (Style("1 with bars at its top and foot", ("I",), 1), Style("9 like a g or q", ("g", "q"), 9))


def drawn(others: Pens, i: int, style: Style) -> LabeledDrawing:
    """A drawing as a record would have it."""
    strokes = place(others.strokes(i), np.random.default_rng(i), LONGER, PEN)
    writer = str(others.writer[i])
    return LabeledDrawing(str(i), normalize(draw(strokes, PEN)), strokes, style.digit, True, writer)


def images_of(drawings: list[LabeledDrawing]) -> Image:
    return np.stack([drawing.seen for drawing in drawings])


def labels_of(drawings: list[LabeledDrawing]) -> npt.NDArray[np.int64]:
    return np.array([drawing.label for drawing in drawings], np.int64)


def row(name: str, comparisons: list[Comparison], seconds: float) -> str:
    shares = " | ".join(f"{each.new / each.total:.1%}" for each in comparisons)
    verdict = "passes" if all(each.passes for each in comparisons) else "fails"
    return f"| {name} | {shares} | {verdict if seconds else '-'} | {seconds:.0f} s |"


def measure(data: TrainingData, style: Style, steps: int) -> None:
    recognizer = Recognizer(TOP)
    found = np.flatnonzero((data.others.split == "train") & np.isin(data.others.label, style.signs))
    everyone = [drawn(data.others, i, style) for i in found.tolist()]
    writers = sorted({each.writer for each in everyone}, key=lambda name: hashlib.sha256(name.encode()).digest())
    drawing = set(writers[::2])
    theirs = [each for each in everyone if each.writer in drawing]
    misread = answers(recognizer.network, images_of(theirs)) != style.digit
    corrected = [theirs[k] for k in np.random.default_rng(0).permutation(np.flatnonzero(misread))]
    others = [each for each in everyone if each.writer not in drawing]
    was_right = answers(recognizer.network, images_of(others)) == style.digit
    parts = {
        "right before": ([others[k] for k in np.flatnonzero(was_right)], "not be worse"),
        "misread before": ([others[k] for k in np.flatnonzero(~was_right)], "be better"),
    }
    print(f"\n## A {style.name}\n")
    print(f"{len(theirs)} drawings by {len(drawing)} people, of which {len(corrected)} are misread; ", end="")
    print(f"measured on {len(others)} by {len(writers) - len(drawing)} others.")
    print("Corrected:", ", ".join(sorted({each.writer for each in corrected[: max(AFTER)]})) + ".")
    print("Measured on:", ", ".join(sorted({each.writer for each in others})) + ".\n")
    for count in (0, *AFTER):
        began, took = time.monotonic(), 0.0
        with tempfile.TemporaryDirectory() as folder:
            if count:
                model = retrain(TOP, data, corrected[:count], steps)
                save(model, data, TOP, Path(folder))
                took = time.monotonic() - began
            learned = Recognizer(Path(folder) if count else TOP)
            old, new = recognizer.network, learned.network
        comparisons = [compare("the style, other writers", old, new, images_of(others), labels_of(others), "")]
        comparisons += [compare(name, old, new, images_of(d), labels_of(d), must) for name, (d, must) in parts.items()]
        comparisons += compare_kept(data, recognizer, learned)
        test = data.test_images, data.test_labels.astype(np.int64)
        comparisons += [compare("MNIST, test images", old, new, *test, "")]
        if not count:
            print(f"| corrections | {' | '.join(each.name for each in comparisons)} | gate | time |")
            print("|---" * (len(comparisons) + 3) + "|")
        print(row(str(min(count, len(corrected))), comparisons, took), flush=True)
        changes = [f"{each.name} +{each.gained} -{each.lost};" for each in comparisons]
        print(f"  {count}:", *changes, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    data = TrainingData(find_data(options.data))
    for style in STYLES:
        measure(data, style, options.steps)


if __name__ == "__main__":
    main()
