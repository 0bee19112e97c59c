"""The list of drawings whose label no person would read."""

from __future__ import annotations

import numpy as np
import pytest

from tests import data
from training.sources import Pens, split_writers
from training.unreadable import unreadable


@pytest.fixture
def pens() -> Pens:
    return data.pens()


def test_it_names_drawings_of_val_and_of_the_held_out_writers(pens: Pens) -> None:
    drawings = unreadable(pens)
    assert len(np.unique(drawings)) == len(drawings)
    evaluated = np.concatenate([np.flatnonzero(pens.split == "val"), split_writers(pens)[1]])
    assert np.isin(drawings, evaluated).all()


def test_few_labels_are_unreadable(pens: Pens) -> None:
    assert len(unreadable(pens)) < 0.01 * ((pens.split == "val").sum() + len(split_writers(pens)[1]))


def test_it_refuses_other_data(pens: Pens) -> None:
    pens.label = np.roll(pens.label, 1)
    with pytest.raises(ValueError, match="made for another"):
        unreadable(pens)
