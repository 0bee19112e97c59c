"""Reads the characters of Omniglot as strokes (Lake et al., github.com/brendenlake/omniglot, MIT)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Container, Iterator
from pathlib import Path

import numpy as np

from training.drawing import Strokes
from training.unipen import Character

MEMBER = re.compile(r"^strokes_\w+/([^/]+)/(character\d+)/\d+_(\d+)\.txt$")


def read_motor(text: str) -> Strokes:
    """Parse one drawing: `START`, then lines `x,y,milliseconds` with y upward, and `BREAK` after each stroke."""
    strokes: Strokes = []
    for lines in text.partition("START")[2].split("BREAK"):
        points = [line.split(",")[:2] for line in lines.split()]
        if points:
            strokes.append(np.array(points, np.float64) * (1, -1))
    return strokes


def read_omniglot(archive: Path, alphabets: Container[str]) -> Iterator[Character]:
    """The characters of strokes_background.zip in `alphabets`, labeled like `Greek/character01`."""
    with zipfile.ZipFile(archive) as zipped:
        for name in sorted(zipped.namelist()):
            member = MEMBER.match(name)
            if member and member[1] in alphabets:
                strokes = read_motor(zipped.read(name).decode())
                yield Character(f"{member[1]}/{member[2]}", member[3], strokes)
