"""Fail every file call of a recorder's work in turn, and look whether anything acknowledged is lost.

    python -m tools.failure.faulty_disk [EVERY]

The SQLite store and the outbox each meet a process killed, an I/O error, a full disk and a power failure at every
call in turn, or at every so manyth. Each try is a process of its own: it works until the Nth call on the disk
fails; then another process, whose disk is well, opens the files and reads all back.
"""

from __future__ import annotations

import ctypes
import fcntl
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
from tools.sample_records import id_at, record

PARTS = ("store", "outbox")
WAYS = ("kill", "io_error", "disk_full", "power")  # in the order of faults.c, from 1
NOT_KILLED = (0, 137)

disk = ctypes.CDLL(None)  # the preloaded faults.c


def made(number: int) -> Record:
    return record(
        id=id_at(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=number), clock=number), expected=str(number % 10)
    )


RECORDS = [made(number) for number in range(9)]
DRAWING = Drawing(image=b"\x89PNG" * 1500, media_type="image/png", seen=bytes(784))


class Acknowledged:
    """What was acknowledged, written where no fault is."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, what: str, record_id: uuid.UUID) -> None:
        os.write(self._file, f"{what} {record_id}\n".encode())


def attempt(acknowledged: Acknowledged, what: str, record_id: uuid.UUID, work: Callable[[], object]) -> bool:
    """Whether it was acknowledged."""
    try:
        work()
    except RecorderUnavailable:
        return False
    acknowledged.note(what, record_id)
    return True


def work_on_store(folder: Path, acknowledged: Acknowledged, arm: Callable[[], None]) -> None:
    arm()
    store = SqliteStore(folder / "records.sqlite")

    def add(each: Record, key: str | None = None) -> None:
        attempt(acknowledged, "added", each.id, lambda: store.add(each, DRAWING, key, 5))

    for each in RECORDS[:3]:
        add(each, str(each.id))
    attempt(acknowledged, "corrected", RECORDS[0].id, lambda: store.correct(RECORDS[0].id, "5") or fail())
    attempt(acknowledged, "deleted", RECORDS[1].id, lambda: store.delete(RECORDS[1].id) or fail())
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add, RECORDS[3:5]))
    store.close()


def work_on_outbox(folder: Path, acknowledged: Acknowledged, arm: Callable[[], None]) -> None:
    made_before = open_recorder(Settings(instance=folder))  # making files is what work_on_store tries
    made_before.state()
    made_before.close()
    turn = os.open(folder / "records.sqlite.lock", os.O_WRONLY | os.O_CREAT)
    fcntl.flock(turn, fcntl.LOCK_EX)  # the store is away
    arm()
    recorder = open_recorder(Settings(instance=folder, record_budget_ms=2))

    def add(each: Record) -> bool:
        return attempt(acknowledged, "added", each.id, lambda: recorder.add(each, DRAWING, str(each.id)))

    queued = [add(each) for each in RECORDS[:3]]
    if queued[0]:  # a change of what is not queued would wait for the store, in vain
        attempt(acknowledged, "corrected", RECORDS[0].id, lambda: recorder.correct(RECORDS[0].id, "5") or fail())
    if queued[1]:
        attempt(acknowledged, "deleted", RECORDS[1].id, lambda: recorder.delete(RECORDS[1].id) or fail())
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add, RECORDS[3:5]))
    fcntl.flock(turn, fcntl.LOCK_UN)
    attempt(acknowledged, "delivered", RECORDS[0].id, recorder.deliver)
    add(RECORDS[6])
    recorder.close()


def fail() -> object:
    raise RecorderUnavailable("It is not there.")


def read_back(folder: Path, log: Path) -> None:
    """Raises AssertionError where something acknowledged is lost or something is there twice."""
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
    }
    listed = list(recorder.export(Filter()))
    ids = [each.id for each in listed]
    assert len(ids) == len(set(ids)), "a record is there twice"
    for added in done.get("added", set()) - {RECORDS[1].id}:
        assert added in ids, f"{added} was acknowledged and is lost"
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
        assert RECORDS[1].id not in ids, "a deletion was acknowledged and is lost"
        assert recorder.drawing(RECORDS[1].id) is None
    elif RECORDS[1].id in done.get("added", set()):
        assert recorder.drawing(RECORDS[1].id) in ((DRAWING, None) if RECORDS[1].id not in ids else (DRAWING,))
    assert sum(each.count for each in recorder.counts()) == len(ids), "the counts are not those of the records"
    assert sum(each.count for each in recorder.confusion()) == len(ids)
    recorder.add(RECORDS[8], DRAWING)  # and it goes on
    assert recorder.get(RECORDS[8].id) == RECORDS[8]
    recorder.close()


def in_a_process(work: Callable[[], None]) -> int:
    """The exit status of a child that does `work`."""
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


def try_each_call(place: Path, part: str, way: str, every: int) -> int:
    """The exit status; runs under the failing disk, see `under_failing_disk`."""
    work = {"store": work_on_store, "outbox": work_on_outbox}[part]
    tries = 0
    while True:
        number = 1 + tries * every
        folder, log = place / "disk", place / "acknowledged"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        log.write_text("")
        came = place / "came"
        came.write_text("")

        def try_it() -> None:
            arm = partial(disk.fault_arm, 1 + WAYS.index(way), ctypes.c_long(number))  # noqa: B023 - called at once
            work(folder, Acknowledged(log), arm)  # noqa: B023
            came.write_text(str(disk.fault_calls()))  # noqa: B023

        status = in_a_process(try_it)
        if status not in NOT_KILLED or in_a_process(lambda: read_back(folder, log)) != 0:  # noqa: B023
            print(f"Lost when call {number} of the {part} met {way}; see {folder}.", file=sys.stderr)
            return 1
        if came.read_text() and int(came.read_text()) < number:
            print(f"{part}, {way}: {tries} calls failed in turn, nothing acknowledged was lost.")
            return 0
        tries += 1


def build(folder: Path) -> Path:
    """The failing disk, compiled to be preloaded."""
    built = folder / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


def under_failing_disk(built: Path, place: Path, part: str, way: str, every: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.failure.faulty_disk", place, part, way, str(every)],
        cwd=TOP,
        env={**os.environ, "LD_PRELOAD": str(built), "FAULT_FOLDER": str(place / "disk")},
        capture_output=True,
        text=True,
        check=False,
    )


def try_all(every: int) -> int:
    """The number of parts and ways in which something was lost."""
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
        for part in PARTS:
            for way in WAYS:
                began = time.monotonic()
                done = under_failing_disk(built, Path(folder), part, way, every)
                print(f"{time.monotonic() - began:5.0f} s  {(done.stdout or done.stderr).strip()}", flush=True)
                lost += done.returncode != 0
    return lost


if __name__ == "__main__":
    match sys.argv[1:]:
        case [place, part, way, every]:
            sys.exit(try_each_call(Path(place), part, way, int(every)))
        case [*given]:
            sys.exit(try_all(int(given[0]) if given else 1))
