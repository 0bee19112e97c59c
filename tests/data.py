"""The data of training, for the tests that measure: found by DIGITPAD_DATA, else the test is skipped."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.sources import Pens, load_mnist


def folder(*needed: str) -> Path:
    """Where the data lie; skips the test that asks where one of the files `needed` is missing."""
    named = os.environ.get("DIGITPAD_DATA")
    if not named:
        pytest.skip("DIGITPAD_DATA names no folder with the data of training")
    for name in needed:
        if not (Path(named) / name).exists():
            pytest.skip(f"{name} is not in {named} (DIGITPAD_DATA)")
    return Path(named)


def mnist() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's 10,000 test pictures and their labels."""
    _, _, pictures, labels = load_mnist(folder("mnist"))
    return pictures, labels


def pens() -> Pens:
    return Pens(folder("pens.npz") / "pens.npz")
