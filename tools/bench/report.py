"""The results as Markdown, between two marks in docs/benchmarks.md; the text around them is written by hand."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

BEGIN, END = "<!-- results: written by script/bench -->\n", "<!-- end of results -->\n"
HEAD = ("measurement", "median", "lowest to highest")


class Row(NamedTuple):
    """One measurement."""

    what: str
    values: list[float]  # one per round
    unit: str = ""

    def cells(self) -> tuple[str, str, str]:
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        spread = f"{_text(low)} to {_text(high)}" if len(self.values) > 1 else ""
        return self.what, f"{_text(middle)} {self.unit}".rstrip(), spread


def table(rows: list[Row]) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def write(page: Path, machine: str, tables: dict[str, str]) -> None:
    """Replace the results in `page` by `tables`: Markdown by heading."""
    before, rest = page.read_text().split(BEGIN)
    results = "".join(f"\n### {heading}\n\n{text}" for heading, text in tables.items())
    page.write_text(f"{before}{BEGIN}\n{machine}\n{results}\n{END}{rest.split(END)[1]}")


def _text(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
