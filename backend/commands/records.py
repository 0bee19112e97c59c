"""`digitpad records ...`: works on the records of a server, and between stores."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.commands import delete, listing
from backend.commands.backup import backup
from backend.commands.copy import copy_between
from backend.commands.deliver import deliver
from backend.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Work on records. The settings must be those of the server, above all INSTANCE and RECORDS_URL. Paths are "
        "relative to the current folder. The server may run."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    listed = commands.add_parser("list", help="print records, newest first")
    listing.add_list_to(listed)
    listed.set_defaults(run=listing.run_list)

    exported = commands.add_parser("export", help="write records to a file: CSV, JSON Lines, IDX or NPZ")
    listing.add_export_to(exported)
    exported.set_defaults(run=listing.run_export)

    deleted = commands.add_parser("delete", help="delete records for good")
    delete.add_to(deleted)
    deleted.set_defaults(run=delete.run)

    copied = commands.add_parser(
        "copy",
        help="copy all records, newest first, with their drawings and labels",
        description="Copy all records from one store to another. If it was interrupted, start it again to continue; "
        "after it has finished, run it again to copy new records. The URLs are as in RECORDS_URL.",
    )
    copied.add_argument("source", metavar="FROM")
    copied.add_argument("target", metavar="TO")
    copied.set_defaults(run=_run_copy)

    backed_up = commands.add_parser(
        "backup",
        help="back up the server's files on this machine, while it runs",
        description="Copy the outbox, an SQLite store and the key of hashed addresses to FOLDER, each as of one "
        "moment. INSTANCE and RECORDS_URL must be those of the server.",
    )
    backed_up.add_argument("folder", metavar="FOLDER", type=Path)
    backed_up.set_defaults(run=_run_backup)

    delivered = commands.add_parser(
        "deliver",
        help="deliver the outbox of a host that will not run again",
        description="Deliver what is queued in FOLDER, the instance folder of a host that will not run again, to the "
        "store of RECORDS_URL. If it was interrupted, start it again to continue.",
    )
    delivered.add_argument("folder", metavar="FOLDER", type=Path)
    delivered.set_defaults(run=_run_deliver)


def _run_copy(given: argparse.Namespace) -> int:
    print(f"Copied {copy_between(given.source, given.target)} records.")
    return 0


def _run_backup(given: argparse.Namespace) -> int:
    backup(Settings.from_environment(), given.folder, print)
    return 0


def _run_deliver(given: argparse.Namespace) -> int:
    print(f"Delivered {deliver(given.folder, Settings.from_environment())} operations.")
    return 0
