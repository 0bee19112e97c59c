"""Measures the shipped model and writes the figures into MODEL_CARD.md, with pictures beside it in docs/.

script/evaluate [--data FOLDER] [--sample N] [--seeds FOLDER ...]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np

from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from training import measures
from training.download import MissingData
from training.drawing import Image
from training.measures import Answer, Drawn, Way
from training.sources import DATA_HELP, Pens, find_data, load_mnist

matplotlib.use("Agg")
from matplotlib import pyplot as plt

TOP = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: written by script/evaluate -->\n", "<!-- end of figures -->\n"

Row = tuple[str, str, str, str]  # what, on, measured, owed


def measure(data: Path, count: int | None, seeds: list[Path]) -> tuple[list[Row], Drawn, list[Answer], Pens]:
    """Every figure of the card; `count` drawings of each kind, or all of them."""
    pens, others = Pens(data / "pens.npz"), Pens(data / "pens_other.npz")
    _, _, pictures, labels = load_mnist(data)
    index = measures.sample_of(np.arange(len(labels)), count)
    pictures, labels = pictures[index], labels[index]
    recognizer = Recognizer(TOP)
    with tempfile.TemporaryDirectory() as folder:
        way = Way(Path(folder))
        drawn = measures.drawn_digits(way, pens, count)
        print("measured: drawn digits", flush=True)
        raw = measures.mnist_raw(recognizer, pictures, labels)
        whole = measures.mnist_whole_way(way, pictures, labels)
        print("measured: MNIST", flush=True)
        same = measures.invariance(way, pens, count)
        print("measured: invariance", flush=True)
        photos = measures.drawn_digits(way, pens, count, measures.on_paper)
        print("measured: photographs", flush=True)
        others_read = measures.not_digits(way, others, count)
    cost = measures.cost(recognizer, pens)
    right = drawn.read == drawn.truth
    called = [answer.verdict == "digit" for answer in others_read]
    runs = [measures.mnist_raw(Recognizer(seed), pictures, labels) for seed in seeds]
    across = f"{np.mean(runs):.2%}, sd {np.std(runs, ddof=1):.2%}, n {len(runs)}" if len(runs) > 1 else "not measured"
    megabytes = (TOP / "models" / "models/model_mnist.onnx").stat().st_size / 1e6
    n = len(drawn.truth)
    area = measures.auroc(drawn.confidence, [answer.confidence for answer in others_read])
    rows: list[Row] = [
        ("drawn digits", f"{n:,} of `val`, as the page draws", f"{right.mean():.2%}", "98.5 % (aim 99.3 %)"),
        ("MNIST, the network that ships", f"{len(labels):,} test pictures", f"{raw:.2%}", "99.65 % (99.80 %)"),
        ("MNIST, over seeds", "the same", across, "mean 99.6 % (99.75 %)"),
        ("MNIST through the whole way", "the same, 280x280", f"{whole:.2%}: {raw - whole:+.2%} lost", "0.1 (0.03)"),
        *(
            ("same digit when " + change, f"{n:,} of `val`", f"{share:.2%}", "99 % (99.7 %)")
            for change, share in same.items()
        ),
        ("on paper, photographed", f"{n:,} of `val`", f"{(photos.read == photos.truth).mean():.2%}", "96 % (98.5 %)"),
        (
            "calibration error",
            "drawn digits",
            f"{measures.calibration_error(drawn.confidence, right):.2%}",
            "1 % (0.5 %)",
        ),
        ("right when the verdict is `digit`", "drawn digits", f"{right[drawn.sure].mean():.2%}", "99.5 % (99.8 %)"),
        ("verdict `digit` given", "drawn digits", f"{drawn.sure.mean():.2%}", "96 % (98 %)"),
        ("verdict `digit` given", f"{len(called):,} that are none", f"{np.mean(called):.2%}", "at most 6 % (2 %)"),
        ("AUROC of the confidence", "digits against these", f"{area:.4f}", "0.98 (0.995)"),
        ("time, pixels to probabilities", "one thread, median", f"{cost:.2f} ms", "1 ms (0.5 ms)"),
        ("weights", "models/model_mnist.onnx", f"{megabytes:.2f} MB", "4 MB (1 MB)"),
    ]
    return rows, drawn, others_read, pens


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def by_digit_and_writer(drawn: Drawn, pens: Pens) -> str:
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


def draw_confusion(drawn: Drawn, path: Path) -> None:
    counts = np.zeros((10, 10), int)
    known = drawn.read >= 0
    np.add.at(counts, (drawn.truth[known], drawn.read[known]), 1)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.imshow(np.log1p(counts), cmap="Oranges")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    axes.set(xlabel="read", ylabel="meant", xticks=range(10), yticks=range(10), title="Drawn digits of strangers")
    figure.savefig(path, dpi=100)


def draw_reliability(drawn: Drawn, path: Path) -> None:
    right = drawn.read == drawn.truth
    edges = np.linspace(0, 1, 11)
    which = np.minimum((drawn.confidence * 10).astype(int), 9)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1)
    for b in np.unique(which).tolist():
        chosen = which == b
        axes.plot(drawn.confidence[chosen].mean(), right[chosen].mean(), "o", color="#d35400")
        axes.annotate(f"n {chosen.sum()}", (drawn.confidence[chosen].mean(), right[chosen].mean()), fontsize=8)
    axes.set(xlabel="confidence", ylabel="share read right", xticks=edges, title="Reliability on drawn digits")
    figure.savefig(path, dpi=100)


def draw_errors(drawn: Drawn, pens: Pens, path: Path) -> int:
    """A sheet of every drawing that was read wrong: the canvas, and what it was meant and read as."""
    cells: list[Image] = []
    wrong = np.flatnonzero(drawn.read != drawn.truth)
    for k in wrong.tolist():
        i = int(drawn.drawing[k])
        picture = measures.canvas(pens.strokes(i), np.random.default_rng([measures.SEED, i]))
        seen = cv2.resize(255 - normalize(255 - picture), (96, 96), interpolation=cv2.INTER_NEAREST)
        cell = np.vstack(
            [
                np.hstack([cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA), seen]),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--sample", type=int, help="drawings of each kind; all, and the card is written, without it")
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="folders with models of other seeds")
    options = parser.parse_args()
    try:
        options.data = find_data(options.data)
    except MissingData as error:
        parser.error(str(error))
    rows, drawn, _, pens = measure(options.data, options.sample, options.seeds)
    figures = table(("what", "on", "measured", "owed (aim)"), list(rows))
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
        + f"\nThe {wrong} drawings that were read wrong are on [this sheet](docs/errors.png).\n"
        + "\n![Confusion](docs/confusion.png) ![Reliability](docs/reliability.png)\n"
    )  # fmt: skip
    card = TOP / "MODEL_CARD.md"
    before, rest = card.read_text().split(BEGIN)
    card.write_text(before + BEGIN + written + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
