"""`digitpad records copy FROM TO` brings all records from one store to another; `... backup FOLDER` backs up."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TextIO

from backend.records import open_store
from backend.records.backup import backup
from backend.records.record import Filter, Page, Record, RecorderUnavailable, Store
from backend.settings import Settings

PAGE_SIZE = 200  # records
AT_ONCE = 16  # records on their way at the same time
WRITE_TIMEOUT = 30.0  # seconds for one record; nobody waits for it
CONNECT_TIMEOUT = 60.0  # seconds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="digitpad records", description="Work on recorded predictions.")
    commands = parser.add_subparsers(dest="command", required=True)
    copy_parser = commands.add_parser(
        "copy",
        help="copy all records, newest first, with their drawings and labels",
        description="Copy all records from one store to another. Interrupted, it goes on where it was when it is "
        "started again; finished, it may be run again for what is new. URLs as in RECORDS_URL.",
    )
    copy_parser.add_argument("source", metavar="FROM")
    copy_parser.add_argument("target", metavar="TO")
    backup_parser = commands.add_parser(
        "backup",
        help="back up what the server keeps on this machine, while it runs",
        description="Copy the outbox and, where it is SQLite, the recorder's store into FOLDER, each as it stood at "
        "one moment. INSTANCE and RECORDS_URL are those of the server.",
    )
    backup_parser.add_argument("folder", metavar="FOLDER", type=Path)
    chosen = parser.parse_args(arguments)
    return back_up(chosen.folder) if chosen.command == "backup" else copy_all(chosen.source, chosen.target)


def back_up(folder: Path) -> int:
    try:
        backup(Settings.from_environment(), folder, print)
    except (ValueError, OSError, sqlite3.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def copy_all(source_url: str, target_url: str) -> int:
    place = Path(f".records-copy-{hashlib.sha256(f'{source_url} {target_url}'.encode()).hexdigest()[:12]}")
    try:
        (_, source), (_, target) = open_store(source_url), open_store(target_url)
        with closing(source), closing(target):
            copied = copy(_begun(source), _begun(target), place, sys.stderr)
    except (ValueError, RecorderUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start it again to go on.", file=sys.stderr)
        return 130
    print(f"Copied {copied} records.")
    return 0


def copy(source: Store, target: Store, place: Path, out: TextIO) -> int:
    """Copy every record of `source`; how many this call copied.

    place: a file that remembers how far it came, removed at the end. A record that `target` has
    already is left as it is, save that its label becomes that of `source`, and that it is deleted
    where it was deleted there.
    """
    before = uuid.UUID(place.read_text()) if place.exists() else None
    bar = Bar(out, sum(each.count for each in source.counts()))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for page in _pages(source, before):
            bar.add(sum(threads.map(lambda record: _copy_one(source, target, record), page.records)))
            if page.next is not None:
                coming = place.with_suffix(".new")
                coming.write_text(str(page.next))
                coming.replace(place)  # whole, whenever it is interrupted
        for page in _pages(target, None):
            gone = list(threads.map(lambda record: source.was_deleted(record.id), page.records))
            for record in itertools.compress(page.records, gone):
                target.delete(record.id)
    place.unlink(missing_ok=True)
    bar.end()
    return bar.done


def _pages(store: Store, before: uuid.UUID | None) -> Iterator[Page]:
    """All records older than `before`, newest first."""
    while True:
        page = store.page(PAGE_SIZE, before, Filter())
        yield page
        if page.next is None:
            return
        before = page.next


def _copy_one(source: Store, target: Store, record: Record) -> int:
    drawing = source.drawing(record.id)
    if drawing is None:
        return 0  # deleted meanwhile
    target.add(record, drawing, None, WRITE_TIMEOUT)
    there = target.get(record.id)
    if there is not None and there.label != record.label:
        target.correct(record.id, record.label)
    return 1


def _begun(store: Store) -> Store:
    """The store, once it answers; raises RecorderUnavailable where it doesn't in a minute."""
    store.start()
    end = time.monotonic() + CONNECT_TIMEOUT
    while (problem := store.problem()) is not None:
        if time.monotonic() > end:
            raise RecorderUnavailable(problem)
        time.sleep(0.1)
    return store


class Bar:
    """A progress bar on a terminal; a line for every tenth elsewhere."""

    def __init__(self, out: TextIO, total: int) -> None:
        self.done = 0
        self._out = out
        self._total = total
        self._began = time.monotonic()
        self._tenth = 0

    def add(self, count: int) -> None:
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
