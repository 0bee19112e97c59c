"""The training data in the folder DIGITPAD_DATA, for tests that evaluate; without it they are skipped."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.reading.image import Image
from training.sources import Pens, load_mnist


def folder(*needed: str) -> Path:
    """The folder with the data. Skips the calling test if one of the files `needed` is missing."""
    named = os.environ.get("DIGITPAD_DATA")
    if not named:
        pytest.skip("DIGITPAD_DATA names no folder with the training data")
    for name in needed:
        if not (Path(named) / name).exists():
            pytest.skip(f"{name} is not in {named} (DIGITPAD_DATA)")
    return Path(named)


def mnist() -> tuple[Image, NDArray[np.uint8]]:
    """MNIST's 10,000 test images and their labels."""
    _, _, images, labels = load_mnist(folder("mnist"))
    return images, labels


def pens() -> Pens:
    return Pens(folder("pens.npz") / "pens.npz")
