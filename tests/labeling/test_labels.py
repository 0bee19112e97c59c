"""Agreement between annotators, and their speed."""

from __future__ import annotations

import itertools
import uuid

import pytest

from backend.labeling.labels import Labels
from backend.records.ids import timeuuid
from backend.records.room_events import Entry, Labeled

RECORDS = [uuid.uuid1() for _ in range(50)]


def entries(*labels: tuple[uuid.UUID, str, str | None], every: float = 1.0) -> list[Entry]:
    return [
        (timeuuid(10**17 + round(n * every * 10**7), 0, 0), Labeled(record=record, annotator=annotator, label=label))
        for n, (record, annotator, label) in enumerate(labels)
    ]


def test_the_last_label_of_each_annotator_counts_in_whatever_order_events_arrive() -> None:
    given = entries((RECORDS[0], "a", "1"), (RECORDS[0], "b", "7"), (RECORDS[0], "a", None), (RECORDS[0], "a", "7"))
    for order in itertools.permutations(given):
        labels = Labels()
        labels.add([*order, order[0]])
        assert labels.of(RECORDS[0]) == {"a": "7", "b": "7"}
        assert labels.agreed(RECORDS[0]) == "7"


def test_kappa_is_that_of_the_textbook() -> None:
    """Cohen (1960): 50 cases, both yes 20, only the first 5, only the second 10, both no 15."""
    cases = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    labels = Labels()
    assert labels.kappa() is None
    both = [
        each for record, (a, b) in zip(RECORDS, cases, strict=True) for each in ((record, "a", a), (record, "b", b))
    ]
    labels.add(entries(*both))
    assert labels.kappa() == pytest.approx(0.4)


def test_breaks_do_not_make_an_annotator_slow() -> None:
    labels = Labels()
    labels.add(entries(*((record, "a", "1") for record in RECORDS[:10]), every=2.0))
    assert labels.speed("a") == pytest.approx(30)
    late = (timeuuid(10**17 + 3600 * 10**7, 0, 0), Labeled(record=RECORDS[20], annotator="a", label="1"))
    labels.add([late])
    assert labels.speed("a") == pytest.approx(30)
    assert labels.speed("b") is None
