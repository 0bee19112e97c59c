"""`digitpad records ...`: copy all records to another store, back up, or deliver the outbox of a lost host."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.commands.backup import backup
from backend.commands.copy import copy_between
from backend.commands.deliver import deliver
from backend.records.record import RecorderUnavailable
from backend.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    given = _parser().parse_args(arguments)
    try:
        match given.command:
            case "copy":
                print(f"Copied {copy_between(given.source, given.target)} records.")
            case "backup":
                backup(Settings.from_environment(), given.folder, print)
            case "deliver":
                print(f"Delivered {deliver(given.folder, Settings.from_environment())} operations.")
    except (ValueError, OSError, sqlite3.Error, RecorderUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start it again to continue.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="digitpad records", description="Copy, back up or deliver records.")
    commands = parser.add_subparsers(dest="command", required=True)
    copy_parser = commands.add_parser(
        "copy",
        help="copy all records, newest first, with their drawings and labels",
        description="Copy all records from one store to another. If it was interrupted, start it again to continue; "
        "after it has finished, run it again to copy new records. The URLs are as in RECORDS_URL.",
    )
    copy_parser.add_argument("source", metavar="FROM")
    copy_parser.add_argument("target", metavar="TO")
    backup_parser = commands.add_parser(
        "backup",
        help="back up the server's files on this machine, while it runs",
        description="Copy the outbox, an SQLite store and the key of hashed addresses to FOLDER, each as of one "
        "moment. INSTANCE and RECORDS_URL must be those of the server.",
    )
    backup_parser.add_argument("folder", metavar="FOLDER", type=Path)
    deliver_parser = commands.add_parser(
        "deliver",
        help="deliver the outbox of a host that will not run again",
        description="Deliver what is queued in FOLDER, the instance folder of a host that will not run again, to the "
        "store of RECORDS_URL. If it was interrupted, start it again to continue.",
    )
    deliver_parser.add_argument("folder", metavar="FOLDER", type=Path)
    return parser
