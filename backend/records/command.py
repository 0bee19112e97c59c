"""`digitpad records copy FROM TO` copies all records to another store; `digitpad records backup FOLDER` backs up."""

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
from backend.records.record import Filter, Record, RecorderUnavailable
from backend.records.store import Store, all_pages
from backend.settings import Settings

PAGE_SIZE = 200  # records
CONCURRENT = 16  # records that are copied at the same time
WRITE_TIMEOUT = 30.0  # seconds for one record
CONNECT_TIMEOUT = 60.0  # seconds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="digitpad records", description="Copy or back up recorded predictions.")
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
    given = parser.parse_args(arguments)
    return run_backup(given.folder) if given.command == "backup" else run_copy(given.source, given.target)


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


def copy(source: Store, target: Store, progress: Path, out: TextIO) -> int:
    """Copy every record of `source` and return how many this call copied.

    progress: a file that remembers the last page that was copied; it is removed at the end. A record that `target`
    already has stays as it is, except that it gets the label of `source` and is deleted if it was deleted there.
    """
    before = uuid.UUID(progress.read_text()) if progress.exists() else None
    bar = ProgressBar(out, sum(each.count for each in source.counts()))
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
    target.insert(record, drawing, None, WRITE_TIMEOUT)
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


class ProgressBar:
    """A progress bar on a terminal; elsewhere one line for each tenth."""

    def __init__(self, out: TextIO, total: int) -> None:
        self.done = 0
        self._out = out
        self._total = total
        self._began = time.monotonic()
        self._tenth = 0

    def advance(self, count: int) -> None:
        self.done += count
        share = min(1.0, self.done / self._total) if self._total else 1.0
        rate = self.done / max(1e-9, time.monotonic() - self._began)
        text = f"{'#' * int(30 * share):.<30} {self.done} of {self._total} records, {rate:.0f}/s"
        if self._out.isatty():
            print(f"\r{text}", end="", file=self._out, flush=True)
        elif int(10 * share) > self._tenth:
            self._tenth = int(10 * share)
            print(text, file=self._out, flush=True)

    def end(self) -> None:
        if self._out.isatty():
            print(file=self._out)
