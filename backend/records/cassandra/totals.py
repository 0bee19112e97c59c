"""What is counted of records, and the text as which it is saved."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import msgspec

from backend.records.record import counted, meant, read

COLUMNS = "id, result, verdict, expected, label, deleted"
Key = tuple[str] | tuple[str, str]  # (result,) or (meant, read)
Totals = Counter[Key]


def count_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, list[Key]]]:
    """For each record that was not deleted, the row of its prediction and the keys that count it. rows: as in
    `records`, the newest of a record first."""
    for _, group in itertools.groupby(rows, key=attrgetter("id")):
        of_record = list(group)
        prediction = of_record[-1]
        if prediction.result is not None and not any(row.deleted for row in of_record):
            label = meant(of_record[0].label, prediction.expected)
            read_as = counted(read(prediction.verdict, prediction.result))
            confusion: list[Key] = [] if label is None else [(counted(label), read_as)]
            yield prediction, [(counted(prediction.result),), *confusion]


def total(parts: Iterable[Mapping[Key, int]]) -> Totals:
    summed = Totals()
    for part in parts:
        summed.update(part)
    return summed


def to_text(totals: Totals) -> str:
    return msgspec.json.encode(list(totals.items())).decode()


def from_row(row: Any) -> Totals:
    """The saved totals of a row of `totals` or `days`."""
    if row.totals is None:  # a day that was saved before schema 6
        return Totals({(result,): count for result, count in row.results.items()} | dict(row.confusion))
    return Totals(dict(msgspec.json.decode(row.totals, type=list[tuple[tuple[str, ...], int]])))
