"""Makes every file system call of the recorder fail in turn, and checks that nothing acknowledged is lost.

    python -m tools.failure.faulty_disk [EVERY]

The SQLite store and the outbox are killed, or meet an I/O error, a full disk or a power failure, at every call in
turn, or at every EVERYth. Each attempt is a process of its own, which works until the Nth call fails; another process
with a working disk then opens the files and reads everything back.
"""

from __future__ import annotations

import ctypes
import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from backend.records import open_recorder
from backend.records.record import Drawing, Filter, Record, RecorderUnavailable
from backend.records.sqlite.store import SqliteStore
from backend.settings import TOP, Settings
from tools.failure.faults import build
from tools.sample_records import id_at, record

PARTS = ("store", "outbox")
FAULTS = ("kill", "io_error", "disk_full", "power")  # in the order of faults.c, from 1
EXPECTED_STATUSES = (0, 137)  # of an attempt: it went on after the fault, or was killed by it

disk = ctypes.CDLL(None)  # the preloaded faults.c


def made(number: int) -> Record:
    return record(
        id=id_at(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=number), clock=number), expected=str(number % 10)
    )


RECORDS = [made(number) for number in range(9)]
DRAWING = Drawing(image=b"\x89PNG" * 1500, media_type="image/png", seen=bytes(784))


class Acknowledged:
    """A log of what was acknowledged, outside the folder with the faults."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, what: str, record_id: uuid.UUID) -> None:
        os.write(self._file, f"{what} {record_id}\n".encode())


def attempt(acknowledged: Acknowledged, what: str, record_id: uuid.UUID, work: Callable[[], object]) -> bool:
    """Do `work`, and log it if it succeeds. Returns whether it did."""
    try:
        work()
    except RecorderUnavailable:
        return False
    acknowledged.note(what, record_id)
    return True


def work_on_store(folder: Path, acknowledged: Acknowledged, arm: Callable[[], None]) -> None:
    arm()
    store = SqliteStore(folder / "records.sqlite")

    def add(each: Record) -> None:
        attempt(acknowledged, "added", each.id, lambda: store.insert(each, DRAWING, 5))

    for each in RECORDS[:3]:
        add(each)
    attempt(acknowledged, "corrected", RECORDS[0].id, lambda: store.correct(RECORDS[0].id, "5") or fail())
    attempt(acknowledged, "deleted", RECORDS[1].id, lambda: store.delete(RECORDS[1].id) or fail())
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add, RECORDS[3:5]))
    store.close()


def work_on_outbox(folder: Path, acknowledged: Acknowledged, arm: Callable[[], None]) -> None:
    earlier = open_recorder(Settings(instance=folder))  # creates the files, which work_on_store tests
    earlier.state()
    earlier.close()
    lock = os.open(folder / "records.sqlite.lock", os.O_WRONLY | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)  # makes the store unavailable
    arm()
    recorder = open_recorder(Settings(instance=folder, record_budget_ms=2))

    def add(each: Record) -> bool:
        return attempt(acknowledged, "added", each.id, lambda: recorder.record(each, DRAWING))

    queued = [add(each) for each in RECORDS[:3]]
    if queued[0]:  # a change of a record that is not queued would wait for the store
        attempt(acknowledged, "corrected", RECORDS[0].id, lambda: recorder.correct(RECORDS[0].id, "5") or fail())
    if queued[1]:
        attempt(acknowledged, "deleted", RECORDS[1].id, lambda: recorder.delete(RECORDS[1].id) or fail())
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add, RECORDS[3:5]))
    fcntl.flock(lock, fcntl.LOCK_UN)
    attempt(acknowledged, "delivered", RECORDS[0].id, recorder.deliver)
    add(RECORDS[6])
    recorder.close()


def fail() -> object:
    raise RecorderUnavailable("The record is missing.")


def read_back(folder: Path, log: Path) -> None:
    """Raises AssertionError if something acknowledged is lost or a record exists twice."""
    acknowledged = [tuple(line.split()) for line in log.read_text().splitlines()]
    done = {what: {uuid.UUID(text) for each, text in acknowledged if each == what} for what, _ in acknowledged}
    recorder = open_recorder(Settings(instance=folder, record_budget_ms=5000))
    recorder.deliver()
    assert recorder.state() | {"oldest_s": 0.0} == {
        "ok": True,
        "store": "SQLite",
        "queued": 0,
        "oldest_s": 0.0,
        "detail": None,
        "warnings": [],
    }
    listed = list(recorder.export(Filter()))
    ids = [each.id for each in listed]
    assert len(ids) == len(set(ids)), "a record exists twice"
    for added in done.get("added", set()) - {RECORDS[1].id}:
        assert added in ids, f"{added} was acknowledged, but is lost"
        assert recorder.drawing(added) == DRAWING
        plain = next(each for each in RECORDS if each.id == added)
        found = recorder.get(added)
        assert found is not None
        assert msgspec.structs.replace(found, label=None) == plain
    if "corrected" in done:
        corrected = recorder.get(RECORDS[0].id)
        assert corrected is not None
        assert corrected.label == "5"
    if "deleted" in done:
        assert RECORDS[1].id not in ids, "a deletion was acknowledged, but is lost"
        assert recorder.drawing(RECORDS[1].id) is None
    elif RECORDS[1].id in done.get("added", set()):
        assert recorder.drawing(RECORDS[1].id) in ((DRAWING, None) if RECORDS[1].id not in ids else (DRAWING,))
    assert sum(each.count for each in recorder.counts().days) == len(ids), "the counts do not match the records"
    assert sum(each.count for each in recorder.counts().confusion) == len(ids)
    recorder.record(RECORDS[8], DRAWING)  # the recorder still works
    assert recorder.get(RECORDS[8].id) == RECORDS[8]
    recorder.close()


def in_a_process(work: Callable[[], None]) -> int:
    """Do `work` in a forked child process. Returns its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def try_each_call(place: Path, part: str, fault: str, every: int) -> int:
    """The exit status; runs with the failing disk preloaded, see `with_failing_disk`."""
    work = {"store": work_on_store, "outbox": work_on_outbox}[part]
    folder, log, count = place / "disk", place / "acknowledged", place / "count"

    def attempt_with_fault(number: int) -> None:
        work(folder, Acknowledged(log), lambda: disk.fault_arm(1 + FAULTS.index(fault), ctypes.c_long(number)))
        count.write_text(str(disk.fault_calls()))

    number, attempts = 1, 0
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        log.write_text("")
        count.unlink(missing_ok=True)
        status = in_a_process(partial(attempt_with_fault, number))
        if status not in EXPECTED_STATUSES or in_a_process(partial(read_back, folder, log)) != 0:
            print(f"Something was lost when call {number} of the {part} met {fault}; see {folder}.", file=sys.stderr)
            return 1
        if count.exists() and int(count.read_text()) < number:
            print(f"{part}, {fault}: {attempts} calls failed in turn, nothing acknowledged was lost.")
            return 0
        number, attempts = number + every, attempts + 1


def with_failing_disk(
    library: Path, place: Path, part: str, fault: str, every: int
) -> subprocess.CompletedProcess[str]:
    """Run `try_each_call` in a process with the failing disk preloaded."""
    return subprocess.run(
        [sys.executable, "-m", "tools.failure.faulty_disk", place, part, fault, str(every)],
        cwd=TOP,
        env={**os.environ, "LD_PRELOAD": str(library), "FAULT_FOLDER": str(place / "disk")},
        capture_output=True,
        text=True,
        check=False,
    )


def try_all(every: int) -> int:
    """The number of combinations of part and fault in which something was lost."""
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        for part, fault in itertools.product(PARTS, FAULTS):
            began = time.monotonic()
            done = with_failing_disk(library, Path(folder), part, fault, every)
            print(f"{time.monotonic() - began:5.0f} s  {(done.stdout or done.stderr).strip()}", flush=True)
            lost += done.returncode != 0
    return lost


if __name__ == "__main__":
    match sys.argv[1:]:
        case [place, part, fault, every]:
            sys.exit(try_each_call(Path(place), part, fault, int(every)))
        case [*given]:
            sys.exit(try_all(int(given[0]) if given else 1))
