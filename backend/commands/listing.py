"""`digitpad records list` and `export`: prints records, or writes them to a file."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec
from tqdm import tqdm

from backend.commands.connect import recorder_of
from backend.commands.filters import add_filters, given_filter
from backend.labeling.dataset import write_dataset
from backend.records import export
from backend.records.ids import date_text
from backend.records.record import Filter, Record, public
from backend.records.recorder import Recorder
from backend.settings import Settings

FORMATS = ("csv", "jsonl", "idx", "npz")
COLUMNS = f"{'date':24}  {'id':36}  {'result':11}  confidence  {'verdict':11}  {'label':11}  source"


def add_list_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print records, newest first, as a table or, with --json or if the output is not a terminal, as lines of JSON. "
        "Records that are still queued are left out."
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="print at most N records (default: 50)")
    parser.add_argument("--json", action="store_true", help="print lines of JSON on a terminal, too")
    add_filters(parser)


def run_list(given: argparse.Namespace) -> int:
    only = given_filter(given)
    as_json = given.json or not sys.stdout.isatty()
    with recorder_of(Settings.from_environment()) as recorder:
        if not as_json:
            print(COLUMNS)
        for record in itertools.islice(recorder.export(only), max(0, given.limit)):
            print(msgspec.json.encode(public(record)).decode() if as_json else _row(record))
    return 0


def _row(record: Record) -> str:
    return (
        f"{date_text(record.id):24}  {record.id}  {record.result:11}  {record.confidence:10.3f}  "
        f"{record.verdict:11}  {record.label or '':11}  {record.source}"
    )


def add_export_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write records, newest first, to a file: CSV, JSON Lines, MNIST's two IDX files (a ZIP archive), or NPZ. "
        "Records that are still queued are left out."
    )
    parser.add_argument("--format", choices=FORMATS, default="csv", help="default: csv")
    parser.add_argument("--output", "-o", metavar="FILE", help="default: standard output")
    parser.add_argument(
        "--dataset",
        metavar="FOLDER",
        type=Path,
        help="instead, write the labeled drawings there: a dataset for others, with strokes, splits and a card",
    )
    parser.add_argument("--license", metavar="TEXT", help="of the dataset, for its card")
    add_filters(parser)


def run_export(given: argparse.Namespace) -> int:
    only = given_filter(given)
    if given.dataset is not None:
        if only != Filter() or given.output is not None:
            raise ValueError("--dataset takes all labeled drawings; leave out --output and the filters.")
        with recorder_of(Settings.from_environment()) as recorder:
            count = write_dataset(given.dataset, recorder, given.license)
        print(f"Wrote {count} labeled drawings to {given.dataset}.")
        return 0
    if given.output is None and given.format in ("idx", "npz") and sys.stdout.isatty():
        raise ValueError(f"{given.format} is not text; give a file with --output.")
    with recorder_of(Settings.from_environment()) as recorder:
        if given.output is None:
            _export(recorder, given.format, only, sys.stdout.buffer)
        else:
            with open(given.output, "wb") as file:
                _export(recorder, given.format, only, file)
    return 0


def _export(recorder: Recorder, kind: str, only: Filter, file: BinaryIO) -> None:
    match kind:
        case "csv":
            pieces = export.comma_separated(recorder.export(only))
        case "jsonl":
            pieces = export.jsonl(recorder.export(only))
        case "idx":
            pieces = export.idx(recorder.export_seen(only))
        case _:
            pieces = export.npz(recorder.export_seen(only))
    hidden = True if file is sys.stdout.buffer else None  # None: only on a terminal
    with tqdm(unit="B", unit_scale=True, leave=False, disable=hidden) as bar:
        for piece in pieces:
            file.write(piece)
            bar.update(len(piece))
