"""Finds the training data in a given folder, or downloads and converts them once.

docs/data.md names the sources and their licenses.
"""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from training.convert import MAKERS, MNIST_FILES
from training.download import MissingData
from training.drawing import Strokes

Labels = npt.NDArray[np.uint8]

TUNE_EVERY = 10  # every tenth writer of the training part is held out for tuning
DATA_HELP = "folder with mnist, pens.npz and pens_other.npz (default: download them once)"
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "data"


def find_data(named: Path | None, cache: Path = CACHE) -> Path:
    """The folder with `mnist`, `pens.npz` and `pens_other.npz`: `named`, or else the cache, which is filled if needed.

    Raises MissingData if `named` lacks one of them, or if a download fails.
    """
    if named is None:
        for name, make in MAKERS.items():
            if not (cache / name).exists():
                make(cache)
        return cache
    missing = [name for name in MAKERS if not (named / name).exists()]
    if missing:
        raise MissingData(
            f"{named} has no {' and no '.join(missing)}. Name another folder by --data or DIGITPAD_DATA, or omit both "
            "to download the data."
        )
    return named


class Pens:
    """Pen drawings, recorded as strokes: `pens.npz` (digits) or `pens_other.npz` (letters and signs).

    label (n,) text, writer (n,) text, split (n,) "train" or "val"; no writer of UNIPEN or Pendigits is in both.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as data:
            self._xy, self._stroke, self._sample = data["xy"].astype(np.float64), data["stroke"], data["sample"]
            self.label, self.writer, self.split = data["label"], data["writer"], data["split"]

    def __len__(self) -> int:
        return len(self.label)

    def strokes(self, i: int) -> Strokes:
        """The strokes of drawing i: (points, 2) each."""
        starts = self._stroke[self._sample[i] : self._sample[i + 1] + 1]
        return [self._xy[a:b] for a, b in itertools.pairwise(starts)]


def split_writers(pens: Pens) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The drawings of the training part: those to train on, and those held out for tuning."""
    train = np.flatnonzero(pens.split == "train")
    held_out = np.isin(pens.writer[train], np.unique(pens.writer[train])[::TUNE_EVERY])
    return train[~held_out], train[held_out]


def _read_idx(path: Path) -> Image:
    """Parse a gzipped file in MNIST's IDX format."""
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * k : 8 + 4 * k], "big") for k in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def load_mnist(folder: Path) -> tuple[Image, Labels, Image, Labels]:
    """Training images (60000, 28, 28) and labels, test images (10000, 28, 28) and labels."""
    a, b, c, d = (_read_idx(folder / "mnist" / f"{name}-ubyte.gz") for name in MNIST_FILES)
    return a, b, c, d
