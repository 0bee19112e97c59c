"""`digitpad records ...`: copy all records to another store, back up, or deliver the outbox of a lost host."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sqlite3
import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TextIO

from backend.records import open_store
from backend.records.backup import backup
from backend.records.outbox import Outbox
from backend.records.progress import ProgressBar
from backend.records.record import Filter, Record, RecorderUnavailable
from backend.records.store import Store, all_pages
from backend.settings import Settings

PAGE_SIZE = 200  # records
CONCURRENT = 16  # records that are copied at the same time
WRITE_TIMEOUT = 30.0  # seconds for one record
CONNECT_TIMEOUT = 60.0  # seconds


def main(arguments: Sequence[str]) -> int:
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
    given = parser.parse_args(arguments)
    match given.command:
        case "copy":
            return run_copy(given.source, given.target)
        case "backup":
            return run_backup(given.folder)
        case _:
            return run_deliver(given.folder)


def run_backup(folder: Path) -> int:
    try:
        backup(Settings.from_environment(), folder, print)
    except (ValueError, OSError, sqlite3.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run_copy(source_url: str, target_url: str) -> int:
    progress = Path(f".records-copy-{hashlib.sha256(f'{source_url} {target_url}'.encode()).hexdigest()[:12]}")
    try:
        (_, source), (_, target) = open_store(source_url), open_store(target_url)
        with closing(source), closing(target):
            copied = copy(_connected(source), _connected(target), progress, sys.stderr)
    except (ValueError, RecorderUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start it again to continue.", file=sys.stderr)
        return 130
    print(f"Copied {copied} records.")
    return 0


def run_deliver(folder: Path) -> int:
    try:
        print(f"Delivered {deliver(folder, Settings.from_environment(), sys.stderr)} operations.")
    except (ValueError, OSError, RecorderUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start it again to continue.", file=sys.stderr)
        return 130
    return 0


def deliver(folder: Path, settings: Settings, out: TextIO) -> int:
    """Deliver the outbox in an instance folder to the store of RECORDS_URL and return how many operations that were.

    Raises FileNotFoundError if there is no outbox, ValueError if RECORDS_URL is not set or invalid, and
    RecorderUnavailable if the store or the outbox can't be used or another process is delivering.
    """
    path = folder / "outbox.sqlite"
    if not path.is_file():
        raise FileNotFoundError(f"There is no outbox.sqlite in {folder}; it must be the instance folder of the host.")
    if not settings.records_url:
        raise ValueError("RECORDS_URL is not set; it must be that of the host, whose records are to be delivered.")
    _, store = open_store(settings.records_url)
    with closing(store), closing(Outbox(path, settings.outbox_bytes)) as outbox:
        bar = ProgressBar(out, outbox.length(), "operations")
        try:
            if not outbox.deliver(_connected(store), WRITE_TIMEOUT, bar.advance):
                raise RecorderUnavailable(f"Another process is delivering {path}; the server of this host still runs.")
        except RecorderUnavailable as error:
            raise RecorderUnavailable(f"{error} Delivered {bar.done}, {outbox.length()} are still queued.") from error
        finally:
            bar.end()
    return bar.done


def copy(source: Store, target: Store, progress: Path, out: TextIO) -> int:
    """Copy every record of `source` and return how many this call copied.

    progress: a file that remembers the last page that was copied; it is removed at the end. A record that `target`
    already has stays as it is, except that it gets the label of `source` and is deleted if it was deleted there.
    """
    before = uuid.UUID(progress.read_text()) if progress.exists() else None
    bar = ProgressBar(out, sum(each.count for each in source.counts()), "records")
    with ThreadPoolExecutor(CONCURRENT) as threads:
        for page in all_pages(source, PAGE_SIZE, Filter(), before):
            bar.advance(sum(threads.map(partial(_copy_record, source, target), page.records)))
            if page.next is not None:
                new = progress.with_suffix(".new")
                new.write_text(str(page.next))
                new.replace(progress)  # atomic, so an interruption never leaves half a file
        for page in all_pages(target, PAGE_SIZE, Filter()):
            deleted = threads.map(lambda record: source.was_deleted(record.id), page.records)
            for record in itertools.compress(page.records, deleted):
                target.delete(record.id)
    progress.unlink(missing_ok=True)
    bar.end()
    return bar.done


def _copy_record(source: Store, target: Store, record: Record) -> int:
    """The number of records copied: 1, or 0 if it was deleted in the meantime."""
    drawing = source.drawing(record.id)
    if drawing is None and source.was_deleted(record.id):
        return 0
    target.insert(record, drawing, WRITE_TIMEOUT)
    copied = target.get(record.id)
    if copied is not None and copied.label != record.label:
        target.correct(record.id, record.label)
    return 1


def _connected(store: Store) -> Store:
    """Start a store and wait until it is available. Raises RecorderUnavailable after CONNECT_TIMEOUT."""
    store.start()
    end = time.monotonic() + CONNECT_TIMEOUT
    while (problem := store.problem()) is not None:
        if time.monotonic() > end:
            raise RecorderUnavailable(problem)
        time.sleep(0.1)
    return store
