"""Evaluates the shipped model and writes the figures into MODEL_CARD.md, and its plots into docs/.

script/evaluate [--data FOLDER] [--sample N] [--seeds FOLDER ...]
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np

from backend.reading.image import Image
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from training import measures
from training.download import MissingData
from training.measures import DigitResults
from training.sources import DATA_HELP, Pens, find_data, load_mnist

matplotlib.use("Agg")
from matplotlib import pyplot as plt

TOP = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: written by script/evaluate -->\n", "<!-- end of figures -->\n"

Row = tuple[str, str, str]  # what, on which data, result


def measure(data: Path, count: int | None, seeds: list[Path]) -> tuple[list[Row], DigitResults, Pens]:
    """Every figure of the model card, from `count` drawings of each kind, or from all of them."""
    pens, others = Pens(data / "pens.npz"), Pens(data / "pens_other.npz")
    _, _, images, labels = load_mnist(data)
    index = measures.sample_of(np.arange(len(labels)), count)
    images, labels = images[index], labels[index]
    recognizer = Recognizer(TOP)
    drawn = measures.drawn_digits(recognizer, pens, count)
    print("measured: drawn digits", flush=True)
    raw = measures.mnist_raw(recognizer, images, labels)
    enlarged = measures.mnist_enlarged(recognizer, images, labels)
    print("measured: MNIST", flush=True)
    same = measures.invariance(recognizer, pens, count)
    print("measured: invariance", flush=True)
    photos = measures.drawn_digits(recognizer, pens, count, measures.on_paper)
    print("measured: photographs", flush=True)
    not_digits = measures.not_digits(recognizer, others, count)
    milliseconds = measures.reading_time(recognizer, pens)
    right = drawn.read == drawn.truth
    called_digit = [answer.verdict == "digit" for answer in not_digits]
    runs = [measures.mnist_raw(Recognizer(seed), images, labels) for seed in seeds]
    over_seeds = (
        f"{np.mean(runs):.2%}, sd {np.std(runs, ddof=1):.2%}, n {len(runs)}" if len(runs) > 1 else "not measured"
    )
    megabytes = (TOP / "models" / "model_mnist.onnx").stat().st_size / 1e6
    n = len(drawn.truth)
    area = measures.auroc(drawn.confidence, [answer.confidence for answer in not_digits])
    rows: list[Row] = [
        ("drawn digits", f"{n:,} of `val`, as the page draws", f"{right.mean():.2%}"),
        ("MNIST, the shipped network", f"{len(labels):,} test images", f"{raw:.2%}"),
        ("MNIST, over seeds", "the same", over_seeds),
        ("MNIST through the whole pipeline", "the same, 280x280", f"{enlarged:.2%}: {raw - enlarged:+.2%} lost"),
        *(("same digit when " + change, f"{n:,} of `val`", f"{share:.2%}") for change, share in same.items()),
        ("on paper, photographed", f"{n:,} of `val`", f"{(photos.read == photos.truth).mean():.2%}"),
        ("calibration error", "drawn digits", f"{measures.calibration_error(drawn.confidence, right):.2%}"),
        ("right when the verdict is `digit`", "drawn digits", f"{right[drawn.sure].mean():.2%}"),
        ("verdict `digit`", "drawn digits", f"{drawn.sure.mean():.2%}"),
        ("verdict `digit`", f"{len(called_digit):,} non-digits", f"{np.mean(called_digit):.2%}"),
        ("AUROC of the confidence", "digits against non-digits", f"{area:.4f}"),
        ("time, pixels to probabilities", "one thread, median", f"{milliseconds:.2f} ms"),
        ("weights", "models/model_mnist.onnx", f"{megabytes:.2f} MB"),
    ]
    return rows, drawn, pens


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def by_digit_and_writer(drawn: DigitResults, pens: Pens) -> str:
    right = drawn.read == drawn.truth
    digits = [
        (str(d), str((drawn.truth == d).sum()), f"{right[drawn.truth == d].mean():.2%}")
        for d in range(10)
        if (drawn.truth == d).any()
    ]
    writers = pens.writer[drawn.drawing]
    per_writer = [
        (w, str((writers == w).sum()), f"{right[writers == w].mean():.2%}") for w in np.unique(writers).tolist()
    ]
    return (
        "### By digit\n\n" + table(("digit", "drawings", "right"), digits)
        + "\n### By writer\n\n" + table(("writer", "drawings", "right"), per_writer)
    )  # fmt: skip


def draw_confusion(drawn: DigitResults, path: Path) -> None:
    counts = np.zeros((10, 10), int)
    known = drawn.read >= 0
    np.add.at(counts, (drawn.truth[known], drawn.read[known]), 1)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.imshow(np.log1p(counts), cmap="Oranges")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    axes.set(xlabel="read", ylabel="truth", xticks=range(10), yticks=range(10), title="Drawn digits of new writers")
    figure.savefig(path, dpi=100)


def draw_reliability(drawn: DigitResults, path: Path) -> None:
    right = drawn.read == drawn.truth
    edges = np.linspace(0, 1, 11)
    which = np.minimum((drawn.confidence * 10).astype(int), 9)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1)
    for b in np.unique(which).tolist():
        chosen = which == b
        axes.plot(drawn.confidence[chosen].mean(), right[chosen].mean(), "o", color="#d35400")
        axes.annotate(f"n {chosen.sum()}", (drawn.confidence[chosen].mean(), right[chosen].mean()), fontsize=8)
    axes.set(xlabel="confidence", ylabel="accuracy", xticks=edges, title="Reliability on drawn digits")
    figure.savefig(path, dpi=100)


def draw_errors(drawn: DigitResults, pens: Pens, path: Path) -> int:
    """Draw a sheet of all drawings that were misread, with truth and answer. Returns their number."""
    cells: list[Image] = []
    wrong = np.flatnonzero(drawn.read != drawn.truth)
    for k in wrong.tolist():
        i = int(drawn.drawing[k])
        image = measures.canvas(pens.strokes(i), np.random.default_rng([measures.SEED, i]))
        seen = cv2.resize(255 - normalize(255 - image), (96, 96), interpolation=cv2.INTER_NEAREST)
        cell = np.vstack(
            [
                np.hstack([cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA), seen]),
                np.full((18, 192), 255, np.uint8),
            ]
        )
        note = f"{len(cells) + 1}: {drawn.truth[k]} read {drawn.read[k]} {drawn.confidence[k]:.2f}"
        cv2.putText(cell, note, (4, 109), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
        cells.append(cv2.copyMakeBorder(cell, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=200))
    if cells:
        cells += [np.full_like(cells[0], 255)] * (-len(cells) % 6)
        cv2.imwrite(str(path), np.vstack([np.hstack(cells[k : k + 6]) for k in range(0, len(cells), 6)]))
    return len(wrong)


def main(arguments: Sequence[str] | None = None) -> None:
    """arguments: of the command line, the default."""
    parser = argparse.ArgumentParser(
        prog="digitpad evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument(
        "--sample", type=int, help="drawings of each kind (default: all of them, and the model card is written)"
    )
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="folders with the models of other seeds")
    options = parser.parse_args(arguments)
    try:
        options.data = find_data(options.data)
    except MissingData as error:
        parser.error(str(error))
    rows, drawn, pens = measure(options.data, options.sample, options.seeds)
    figures = table(("what", "on", "measured"), rows)
    print(figures)
    if options.sample:
        return
    docs = TOP / "docs"
    draw_confusion(drawn, docs / "confusion.png")
    draw_reliability(drawn, docs / "reliability.png")
    wrong = draw_errors(drawn, pens, docs / "errors.png")
    hashes = [
        (name, hashlib.sha256(path.read_bytes()).hexdigest()[:16])
        for name, path in (
            ("model_mnist.h5", TOP / "model_mnist.h5"),
            ("pens.npz", options.data / "pens.npz"),
            ("pens_other.npz", options.data / "pens_other.npz"),
        )
    ]
    written = (
        figures + "\n" + table(("file", "SHA-256, first 16"), hashes) + "\n" + by_digit_and_writer(drawn, pens)
        + f"\nThe {wrong} drawings that were misread are on [this sheet](docs/errors.png).\n"
        + "\n![Confusion](docs/confusion.png) ![Reliability](docs/reliability.png)\n"
    )  # fmt: skip
    card = TOP / "MODEL_CARD.md"
    before, rest = card.read_text().split(BEGIN)
    card.write_text(before + BEGIN + written + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
