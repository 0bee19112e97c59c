"""Drawings in the evaluation data whose label no person would read: it is wrong, or the drawing is a part of a digit.

`unreadable.csv` lists them, and docs/unreadable.png shows them. They were looked for among the misread drawings of
`val` and of the writers held out for tuning; and among all drawings of both, ones that are horizontal. Training does
not use the list; calibration leaves them out.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.sources import Pens

LIST = Path(__file__).with_name("unreadable.csv")


def unreadable(pens: Pens) -> npt.NDArray[np.int64]:
    """The indices of these drawings in pens.npz, in ascending order.

    Raises ValueError if `pens` is not the data that the list was made for.
    """
    with LIST.open(newline="") as file:
        rows = list(csv.DictReader(file))
    drawings = np.array([int(row["drawing"]) for row in rows])
    known = drawings.max() < len(pens) and all(
        (pens.writer[i], pens.label[i]) == (row["writer"], row["label"])
        for i, row in zip(drawings.tolist(), rows, strict=True)
    )
    if not known:
        raise ValueError(f"{LIST.name} was made for another pens.npz: writers or labels differ.")
    return drawings
