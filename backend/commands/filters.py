"""The filters of records, as options: those of the API."""

from __future__ import annotations

import argparse
from datetime import date
from typing import get_args

import msgspec

from backend.reading.verdict import Verdict
from backend.records.record import Filter, Source

BOOLEANS = {"yes": True, "no": False}


def add_filters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("filters")
    group.add_argument("--result", help='"0" to "9", "not a digit", a number, or "number" for any number')
    group.add_argument("--label", help="what was drawn, as corrected or else expected: as --result, but not_a_digit")
    group.add_argument("--verdict", choices=get_args(Verdict))
    group.add_argument("--corrected", choices=BOOLEANS, help="whether a person has labeled it")
    group.add_argument("--source", choices=get_args(Source))
    group.add_argument("--day", type=date.fromisoformat, metavar="DAY", help="YYYY-MM-DD, UTC")


def given_filter(given: argparse.Namespace) -> Filter:
    """Raises ValueError."""
    corrected = None if given.corrected is None else BOOLEANS[given.corrected]
    fields = {name: getattr(given, name) for name in ("result", "label", "verdict", "source", "day")}
    try:
        return msgspec.convert({**fields, "corrected": corrected}, Filter)
    except msgspec.ValidationError as error:
        raise ValueError(f"A filter is invalid: {error}.") from None
