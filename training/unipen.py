"""Reads UNIPEN's text format for pen drawings (Guyon et al., ICPR 1994), which UNIPEN and Pendigits use.

A line `.SEGMENT CHARACTER 3-4 OK "7"` says that strokes 3 and 4 are a 7; `.INCLUDE` names the file that holds the
strokes: `.PEN_DOWN`, then one `x y` for each point with y upward, then `.PEN_UP`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.drawing import Strokes

SEGMENT = re.compile(r'^\.SEGMENT\s+\S+\s+(\S+)\s+\S+\s+"((?:\\.|[^"\\])+)"', re.MULTILINE)
INCLUDE = re.compile(r"^\.INCLUDE\s+(\S+)", re.MULTILINE)
WRITER = re.compile(r"^\.WRITER_ID\s+(\S+)", re.MULTILINE)
PENDIGIT = re.compile(r'^\.SEGMENT DIGIT\s+\S+\s+\S+\s+"(\d)"\s+\.COMMENT\s+\d\s+(\d+)', re.MULTILINE)
STROKE = re.compile(r"^\.PEN_DOWN.*\n((?:[^.\n].*\n?|\n)*)", re.MULTILINE)


class Character(NamedTuple):
    """One drawing, y downward."""

    label: str
    writer: str
    strokes: Strokes


def read_strokes(text: str) -> Strokes:
    """All strokes of a file, in its order and units, but with y downward."""
    strokes = []
    for found in STROKE.finditer(text):
        rows = [line.split()[:2] for line in found[1].splitlines() if line.strip()]
        strokes.append(np.array(rows, np.float64).reshape(-1, 2) * (1, -1))
    return strokes


def read_unipen(path: Path, includes: Path) -> Iterator[Character]:
    """The characters that a UNIPEN file delineates. `includes` is the folder of the files that it includes.

    Segments that refer to missing strokes are skipped.
    """
    text = path.read_text("latin-1")
    files = [includes / name for name in INCLUDE.findall(text)]
    whole = "\n".join([*(file.read_text("latin-1") for file in files if file.is_file()), text])
    strokes = read_strokes(whole)
    writers = WRITER.findall(whole)
    for delineation, label in SEGMENT.findall(text):
        try:
            chosen = [stroke for part in delineation.split(",") for stroke in _strokes_of(part, strokes)]
        except (ValueError, IndexError):
            continue
        if chosen and all(len(stroke) for stroke in chosen):
            yield Character(re.sub(r"\\(.)", r"\1", label), writers[0] if writers else path.stem, chosen)


def _strokes_of(part: str, strokes: Strokes) -> Strokes:
    """Parse `3`, `3-4`, or `3:10-4:25`, which cuts the first and last stroke at those points."""
    first, _, last = part.partition("-")
    (a, _, from_point), (b, _, to_point) = (end.partition(":") for end in (first, last or first))
    chosen = [strokes[k] for k in range(int(a), int(b) + 1)]
    if last and to_point:
        chosen[-1] = chosen[-1][: int(to_point) + 1]
    if last and from_point:
        chosen[0] = chosen[0][int(from_point) :]
    return chosen


def read_pendigits(text: str) -> Iterator[Character]:
    """The digits of pendigits-orig.tra or .tes, where strokes follow their segment, and a comment names the writer."""
    found = list(PENDIGIT.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    for each, end in zip(found, ends, strict=True):
        yield Character(each[1], each[2], read_strokes(text[each.end() : end]))
