"""Evaluates the shipped model and writes the figures into MODEL_CARD.md, and its plots into docs/.

script/evaluate [--data FOLDER] [--sample N] [--seeds FOLDER ...]
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backend.reading.recognizer import Recognizer
from training import measures, plots
from training.download import MissingData
from training.measures import DigitResults
from training.sources import DATA_HELP, Pens, find_data, load_mnist, split_writers
from training.unreadable import unreadable

TOP = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: written by script/evaluate -->\n", "<!-- end of figures -->\n"

Row = tuple[str, str, str, str]  # what, on which data, result, the same without unreadable labels


class Results(NamedTuple):
    """Digits of new writers, as they were read."""

    drawn: DigitResults
    photographed: DigitResults
    held_out: DigitResults  # writers held out for tuning
    unreadable: DigitResults  # drawings that no person would read as their labels, of both kinds of writers

    def without_unreadable(self) -> Results:
        return Results(*(each.without(self.unreadable.drawing) for each in self))


def read_digits(recognizer: Recognizer, pens: Pens, count: int | None) -> Results:
    val = measures.sample_of(np.flatnonzero(pens.split == "val"), count)
    held_out = measures.sample_of(split_writers(pens)[1], count)
    return Results(
        measures.drawn_digits(recognizer, pens, val),
        measures.drawn_digits(recognizer, pens, val, measures.on_paper),
        measures.drawn_digits(recognizer, pens, held_out),
        measures.drawn_digits(recognizer, pens, unreadable(pens)),
    )


def digit_figures(results: Results) -> dict[tuple[str, str], float]:
    """By what is measured and on which data."""
    drawn, photographed, held_out, _ = results
    return {
        ("drawn digits", "`val`, as the page draws"): drawn.right.mean(),
        ("drawn digits", "writers held out for tuning"): held_out.right.mean(),
        ("on paper, photographed", "`val`"): photographed.right.mean(),
        ("right when the verdict is `digit`", "drawn digits of `val`"): drawn.right[drawn.sure].mean(),
        ("verdict `digit`", "drawn digits of `val`"): drawn.sure.mean(),
        ("calibration error", "drawn digits of `val`"): measures.calibration_error(drawn.confidence, drawn.right),
    }


def measure(data: Path, count: int | None, seeds: list[Path]) -> tuple[list[Row], Results, Pens]:
    """Every figure of the model card, from `count` drawings of each kind, or from all of them."""
    pens, others = Pens(data / "pens.npz"), Pens(data / "pens_other.npz")
    _, _, images, labels = load_mnist(data)
    index = measures.sample_of(np.arange(len(labels)), count)
    images, labels = images[index], labels[index]
    recognizer = Recognizer(TOP)
    results = read_digits(recognizer, pens, count)
    print("measured: drawn digits and photographs", flush=True)
    raw = measures.mnist_raw(recognizer, images, labels)
    enlarged = measures.mnist_enlarged(recognizer, images, labels)
    print("measured: MNIST", flush=True)
    same = measures.invariance(recognizer, pens, count)
    print("measured: invariance", flush=True)
    not_digits = measures.not_digits(recognizer, others, count)
    milliseconds = measures.reading_time(recognizer, pens)
    called_digit = [answer.verdict == "digit" for answer in not_digits]
    runs = [measures.mnist_raw(Recognizer(seed), images, labels) for seed in seeds]
    megabytes = (TOP / "models" / "model_mnist.onnx").stat().st_size / 1e6
    area = measures.auroc(results.drawn.confidence, [answer.confidence for answer in not_digits])
    clear = digit_figures(results.without_unreadable())
    rows: list[Row] = [
        *((*key, f"{share:.2%}", f"{clear[key]:.2%}") for key, share in digit_figures(results).items()),
        ("MNIST, the shipped network", f"{len(labels):,} test images", f"{raw:.2%}", ""),
        ("MNIST through the whole pipeline", "the same, 280x280", f"{enlarged:.2%}: {raw - enlarged:+.2%} lost", ""),
        *(("same digit when " + change, "drawn digits of `val`", f"{share:.2%}", "") for change, share in same.items()),
        ("verdict `digit`", f"{len(called_digit):,} non-digits", f"{np.mean(called_digit):.2%}", ""),
        ("AUROC of the confidence", "digits against non-digits", f"{area:.4f}", ""),
        ("time, pixels to probabilities", "one thread, median", f"{milliseconds:.2f} ms", ""),
        ("weights", "models/model_mnist.onnx", f"{megabytes:.2f} MB", ""),
    ]
    if len(runs) > 1:
        over_seeds = f"{np.mean(runs):.2%}, sd {np.std(runs, ddof=1):.2%}, n {len(runs)}"
        rows.append(("MNIST, over seeds", f"{len(labels):,} test images", over_seeds, ""))
    return rows, results, pens


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def by_digit_and_writer(drawn: DigitResults, pens: Pens) -> str:
    digits = [
        (str(d), str((drawn.truth == d).sum()), f"{drawn.right[drawn.truth == d].mean():.2%}")
        for d in range(10)
        if (drawn.truth == d).any()
    ]
    writers = pens.writer[drawn.drawing]
    per_writer = [
        (w, str((writers == w).sum()), f"{drawn.right[writers == w].mean():.2%}") for w in np.unique(writers).tolist()
    ]
    return (
        "### By digit\n\n" + table(("digit", "drawings", "right"), digits)
        + "\n### By writer\n\n" + table(("writer", "drawings", "right"), per_writer)
    )  # fmt: skip


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
    rows, results, pens = measure(options.data, options.sample, options.seeds)
    figures = table(("what", "on", "measured", "without unreadable labels"), rows)
    print(figures)
    if options.sample:
        return
    docs = TOP / "docs"
    drawn, _, held_out, unread = results
    plots.draw_confusion(drawn, docs / "confusion.png")
    plots.draw_reliability(drawn, docs / "reliability.png")
    plots.draw_sheet(drawn.only(~drawn.right), pens, docs / "errors.png")
    plots.draw_sheet(held_out.only(~held_out.right), pens, docs / "errors_held_out.png")
    plots.draw_sheet(unread, pens, docs / "unreadable.png")
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
        + f"\nThe {(~drawn.right).sum()} drawings of `val` that were misread are on [this sheet](docs/errors.png), the "
        f"{(~held_out.right).sum()} of the held-out writers\non [another](docs/errors_held_out.png), and the "
        f"{len(unread.drawing)} with [unreadable labels](training/unreadable.csv) on [a third](docs/unreadable.png).\n"
        + "\n![Confusion](docs/confusion.png) ![Reliability](docs/reliability.png)\n"
    )  # fmt: skip
    card = TOP / "MODEL_CARD.md"
    before, rest = card.read_text().split(BEGIN)
    card.write_text(before + BEGIN + written + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
