"""The report of a retraining: one HTML file with the comparison, the gate, and pictures of the answers that change."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2

from backend.reading.image import Image
from training.gate import CHANCE, Comparison
from training.nondigits import NOT_A_DIGIT

MOST_PICTURES = 300

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430 }
table { border-collapse: collapse } td, th { padding: .3rem .7rem; border-bottom: 1px solid #ccd3dd; text-align: right }
td:first-child, th:first-child { text-align: left }
.refused { color: #a3210f } ul { display: flex; flex-wrap: wrap; gap: .8rem; padding: 0; list-style: none }
li { width: 8.5rem } li img { width: 84px; image-rendering: pixelated; display: block }
"""


class Change(NamedTuple):
    """A recorded drawing that the two networks read differently."""

    id: str
    seen: Image  # (28, 28)
    label: int | None  # what a person says was drawn; None: nobody has
    old: int
    new: int


def name(answer: int) -> str:
    return "not a digit" if answer == NOT_A_DIGIT else str(answer)


def markdown(comparisons: Sequence[Comparison]) -> str:
    """The comparison as a table, for the terminal."""
    rows = ["| drawings | number | old right | new right | only new | only old | must | |", "|---" * 8 + "|"]
    rows += [f"| {' | '.join(_cells(each))} |" for each in comparisons]
    return "\n".join(rows)


def write_report(
    path: Path, title: str, verdict: str, comparisons: Sequence[Comparison], changes: Sequence[Change]
) -> None:
    """Write the report. changes: all of them; the first MOST_PICTURES are shown, the labeled ones first."""
    ordered = sorted(changes, key=lambda change: (change.label is None, change.new == change.label))
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(each)) + "</tr>" for each in comparisons)
    more = f" The first {MOST_PICTURES} are shown." if len(changes) > MOST_PICTURES else ""
    passed = all(each.passes for each in comparisons)
    path.write_text(
        f"""<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>
<h1>{html.escape(title)}</h1>
<p class="{"passed" if passed else "refused"}"><strong>{html.escape(verdict)}</strong></p>
<table><tr><th>drawings<th>number<th>old right<th>new right<th>only new<th>only old<th>must<th></tr>{rows}</table>
<p>Worse and better mean: beyond chance, by McNemar's exact test on the drawings that only one network reads right
(one-sided, {CHANCE:.0%}).</p>
<h2>Answers that change: {len(changes)} of everything recorded</h2><p>Old answer → new answer.{more}</p>
<ul>{"".join(map(_picture, ordered[:MOST_PICTURES]))}</ul></html>
"""
    )


def _cells(comparison: Comparison) -> list[str]:
    def share(right: int) -> str:
        return f"{right / comparison.total:.2%}" if comparison.total else "-"

    drawings, total, old, new, gained, lost, must = comparison
    numbers = (f"{total:,}", share(old), share(new), str(gained), str(lost))
    return [drawings, *numbers, must, "" if not must else "passes" if comparison.passes else "fails"]


def _picture(change: Change) -> str:
    png = base64.b64encode(cv2.imencode(".png", 255 - change.seen)[1].tobytes()).decode()
    said = "" if change.label is None else f", labeled {name(change.label)}"
    text = f"{name(change.old)} → {name(change.new)}{said}"
    return f'<li><img src="data:image/png;base64,{png}" alt="Record {change.id}" title="{change.id}">{text}</li>'
