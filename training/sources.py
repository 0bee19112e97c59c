"""Where the data come from: a folder that is named, or else the public sources, fetched and converted once.

docs/data.md names the sources and their licenses.
"""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.convert import MAKERS, MNIST_FILES
from training.download import MissingData
from training.drawing import Strokes

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

DATA_HELP = "folder with mnist, pens.npz and pens_other.npz; without it they are downloaded once"
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "data"


def find_data(named: Path | None, cache: Path = CACHE) -> Path:
    """The folder with `mnist`, `pens.npz` and `pens_other.npz`: the one that is named, or the cache, made if need be.

    Raises MissingData where the named folder lacks one of them, or a source can't be fetched.
    """
    if named is None:
        for name, make in MAKERS.items():
            if not (cache / name).exists():
                make(cache)
        return cache
    missing = [name for name in MAKERS if not (named / name).exists()]
    if missing:
        raise MissingData(
            f"{named} has no {' and no '.join(missing)}. Name another folder with --data or DIGITPAD_DATA, or neither: "
            "then the data are downloaded."
        )
    return named


class Pens:
    """Drawings as strokes: `pens.npz` (digits) or `pens_other.npz` (letters and signs).

    label (n,) text, writer (n,) text, split (n,) "train" or "val"; no writer of UNIPEN or Pendigits is in both.
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
    a, b, c, d = (_idx(folder / "mnist" / f"{name}-ubyte.gz") for name in MNIST_FILES)
    return a, b, c, d
