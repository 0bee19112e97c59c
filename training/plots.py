"""Draws the plots of the model card, and sheets of drawings."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np

from backend.reading.image import Image
from backend.reading.normalize import normalize
from training.measures import SEED, DigitResults, canvas
from training.sources import Pens

matplotlib.use("Agg")
from matplotlib import pyplot as plt


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
    edges = np.linspace(0, 1, 11)
    which = np.minimum((drawn.confidence * 10).astype(int), 9)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1)
    for b in np.unique(which).tolist():
        chosen = which == b
        axes.plot(drawn.confidence[chosen].mean(), drawn.right[chosen].mean(), "o", color="#d35400")
        axes.annotate(f"n {chosen.sum()}", (drawn.confidence[chosen].mean(), drawn.right[chosen].mean()), fontsize=8)
    axes.set(xlabel="confidence", ylabel="accuracy", xticks=edges, title="Reliability on drawn digits")
    figure.savefig(path, dpi=100)


def draw_sheet(drawn: DigitResults, pens: Pens, path: Path) -> None:
    """Draw all these drawings, and what the network sees of them, with their labels and how they were read."""
    cells: list[Image] = []
    for i, truth, read, confidence, _ in zip(*drawn, strict=True):
        image = canvas(pens.strokes(i), np.random.default_rng([SEED, i]))
        seen = cv2.resize(255 - normalize(255 - image), (96, 96), interpolation=cv2.INTER_NEAREST)
        cell = np.vstack(
            [
                np.hstack([cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA), seen]),
                np.full((18, 192), 255, np.uint8),
            ]
        )
        note = f"{len(cells) + 1}: {truth} read {read} {confidence:.2f}"
        cv2.putText(cell, note, (4, 109), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
        cells.append(cv2.copyMakeBorder(cell, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=200))
    if cells:
        cells += [np.full_like(cells[0], 255)] * (-len(cells) % 6)
        cv2.imwrite(str(path), np.vstack([np.hstack(cells[k : k + 6]) for k in range(0, len(cells), 6)]))
