"""Where the data come from: a local folder."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.drawing import Strokes

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]


class Pens:
    """Drawings as strokes: `pens.npz` (digits) or `pens_other.npz` (letters and signs).

    label (n,) text, writer (n,) text, split (n,) "train" or "val"; no writer is in both.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as data:
            self._xy, self._stroke, self._sample = data["xy"].astype(np.float64), data["stroke"], data["sample"]
            self.label, self.writer, self.split = data["label"], data["writer"], data["split"]

    def __len__(self) -> int:
        return len(self.label)

    def strokes(self, i: int) -> Strokes:
        """Drawing i: one (points, 2) array for each time that the pen was down."""
        starts = self._stroke[self._sample[i] : self._sample[i + 1] + 1]
        return [self._xy[a:b] for a, b in itertools.pairwise(starts)]


def _idx(path: Path) -> Images:
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * k : 8 + 4 * k], "big") for k in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def load_mnist(folder: Path) -> tuple[Images, Labels, Images, Labels]:
    """Training pictures (60000, 28, 28) and labels, test pictures (10000, 28, 28) and labels."""
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    a, b, c, d = (_idx(folder / "mnist" / f"{name}-ubyte.gz") for name in names)
    return a, b, c, d
