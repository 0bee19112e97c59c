"""docs/benchmarks.md and its plot."""

from __future__ import annotations

import matplotlib

from backend.settings import TOP
from tools.bench.curves import Curve
from tools.bench.table import Row, markdown

matplotlib.use("Agg")
import matplotlib.pyplot as plt

DOCS = TOP / "docs"

TEXT = """# Benchmarks

Written by `script/bench` ({machine}). Client and servers share the machine; records are written
durably. What is compared runs side by side and is asked in turn, round after round; minimum, median
and maximum are over the rounds, and an aim is met when the median meets it.

{table}
{notes}
![How the cost grows with connections, workers and records](benchmarks.png)
"""
NOTES = DOCS / "benchmarks-notes.md"  # what people make of the figures; kept by hand


def write(machine: str, rows: list[Row], drawn: list[Curve]) -> None:
    notes = NOTES.read_text() if NOTES.is_file() else ""
    text = TEXT.format(machine=machine, table=markdown(rows), notes=notes)
    (DOCS / "benchmarks.md").write_text(text)
    if drawn:
        plot(drawn)


def plot(drawn: list[Curve]) -> None:
    figure, axes = plt.subplots(1, len(drawn), figsize=(4 * len(drawn), 3.4), layout="constrained")
    for axis, curve in zip(axes, drawn, strict=True):
        for name, points in curve.lines.items():
            axis.plot(*zip(*points, strict=True), marker="o", label=name)
        if curve.across != "workers":
            axis.set_xscale("log")
        axis.set(title=curve.title, xlabel=curve.across, ylabel=curve.up)
        axis.set_ylim(bottom=0)
        axis.legend()
    figure.savefig(DOCS / "benchmarks.png", dpi=110)
