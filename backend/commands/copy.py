"""Copy all records from one store to another."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from tqdm import tqdm

from backend.commands.connect import connected
from backend.records import open_store
from backend.records.record import Filter, Record
from backend.records.store import Store, all_pages

PAGE_SIZE = 200  # records
CONCURRENT = 16  # records that are copied at the same time
WRITE_TIMEOUT = 30.0  # seconds for one record


def copy_between(source_url: str, target_url: str) -> int:
    """Copy between two stores, given as in RECORDS_URL; a file in the working directory remembers the progress.

    Raises ValueError if a URL is invalid, and RecorderUnavailable if a store can't be used.
    """
    progress = Path(f".records-copy-{hashlib.sha256(f'{source_url} {target_url}'.encode()).hexdigest()[:12]}")
    (_, source), (_, target) = open_store(source_url), open_store(target_url)
    with closing(source), closing(target):
        return copy(connected(source), connected(target), progress)


def copy(source: Store, target: Store, progress: Path) -> int:
    """Copy every record of `source` and return how many this call copied.

    progress: a file that remembers the last page that was copied; it is removed at the end. A record that `target`
    already has stays as it is, except that it gets the label of `source` and is deleted if it was deleted there.
    """
    before = uuid.UUID(progress.read_text()) if progress.exists() else None
    total, copied = sum(each.count for each in source.counts().days), 0
    with tqdm(total=total, unit=" records", disable=None) as bar, ThreadPoolExecutor(CONCURRENT) as threads:
        for page in all_pages(source, PAGE_SIZE, Filter(), before):
            count = sum(threads.map(partial(_copy_record, source, target), page.records))
            copied += count
            bar.update(count)
            if page.next is not None:
                new = progress.with_suffix(".new")
                new.write_text(str(page.next))
                new.replace(progress)  # atomic, so an interruption never leaves half a file
        for page in all_pages(target, PAGE_SIZE, Filter()):
            deleted = threads.map(lambda record: source.was_deleted(record.id), page.records)
            for record in itertools.compress(page.records, deleted):
                target.delete(record.id)
    progress.unlink(missing_ok=True)
    return copied


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
