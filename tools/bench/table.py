"""One measurement after the other: what was measured, what is aimed at, what came out."""

from __future__ import annotations

import statistics
from typing import NamedTuple


class Row(NamedTuple):
    """What the table shows; `aim` is what docs/benchmarks.md holds it against."""

    what: str
    aim: str
    values: list[float]  # one for each round
    unit: str = ""
    met: bool | None = None  # None: nothing is aimed at
    why_not: str = ""  # it wasn't measured

    def cells(self) -> list[str]:
        if self.why_not:
            return [self.what, self.aim, f"not measured: {self.why_not}", "", "", ""]
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        return [self.what, self.aim, *(_text(value, self.unit) for value in (low, middle, high)), met]


def at_least(what: str, aim: float, values: list[float], unit: str = "") -> Row:
    return Row(what, f"at least {_text(aim, unit)}", values, unit, statistics.median(values) >= aim)


def at_most(what: str, aim: float, values: list[float], unit: str = "") -> Row:
    return Row(what, f"at most {_text(aim, unit)}", values, unit, statistics.median(values) <= aim)


def plain(what: str, values: list[float], unit: str = "") -> Row:
    return Row(what, "", values, unit)


def unmeasured(what: str, why: str) -> Row:
    return Row(what, "", [], why_not=why)


def _text(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit}"


HEAD = ["what", "aim", "minimum", "median", "maximum", "met"]


def markdown(rows: list[Row]) -> str:
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
