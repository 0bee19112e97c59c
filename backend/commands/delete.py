"""`digitpad records delete`: deletes records for good."""

from __future__ import annotations

import argparse
import sys
import uuid

from backend.commands.connect import recorder_of
from backend.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Delete records and their drawings for good. Asks before it deletes several, unless --yes is given. Ids "
        "without a record are reported, and the exit status is then 1."
    )
    parser.add_argument("ids", metavar="ID", nargs="+", type=uuid.UUID, help="as `records list` prints it")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(given: argparse.Namespace) -> int:
    """Raises ValueError for several ids if nobody can be asked, and what recorder_of raises."""
    ids = list(dict.fromkeys(given.ids))
    if len(ids) > 1 and not given.yes:
        if not sys.stdin.isatty():
            raise ValueError(f"Deleting {len(ids)} records can't be undone; confirm it with --yes.")
        if input(f"Delete {len(ids)} records and their drawings for good? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was deleted.", file=sys.stderr)
            return 1
    with recorder_of(Settings.from_environment()) as recorder:
        missing = [record_id for record_id in ids if not recorder.delete(record_id)]
    for record_id in missing:
        print(f"There is no record {record_id}; it may have been deleted.", file=sys.stderr)
    print(f"Deleted {_count(len(ids) - len(missing))}.")
    return int(bool(missing))


def _count(number: int) -> str:
    return f"{number} record" if number == 1 else f"{number} records"
