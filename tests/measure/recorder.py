"""What the recorder takes as it grows, and while nodes are away.

    python -m tests.measure.recorder pages URL SMALL LARGE    a page of 50 at SMALL and at LARGE records
    python -m tests.measure.recorder export URL COUNT         memory that an export of COUNT records takes
    python -m tests.measure.recorder nodes [SECONDS]          answer times: all well, a node paused, a node down

URL is that of an empty store, as in RECORDS_URL. docs/scale.md has what was measured.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.ids import RecordIds
from backend.records import export, open_recorder, open_store, sqlite
from backend.records.record import Drawing, Filter, Record, Store
from backend.records.recorder import Recorder
from backend.records.sqlite import SqliteStore
from backend.settings import Settings
from tests.records.conftest import opened
from tests.records.making import id_at, record
from tests.records.nodes import Nodes, drop, new_url

SMALL_DRAWING = Drawing(image=b"\x89PNG" * 10, media_type="image/png", seen=bytes(784))
USUAL_DRAWING = Drawing(image=random.randbytes(4000), media_type="image/png", seen=bytes(784), strokes=b"[]" * 500)
MOST_SECONDS = 600.0  # of loading


def made(count: int) -> Iterable[Record]:
    """Records at 100 a second, the last of them now."""
    start = datetime.now(UTC) - timedelta(seconds=count / 100)
    for number in range(count):
        digit = number % 10
        # 256 after each other share a shard, as those of a busy process do.
        instant = start + timedelta(seconds=number / 100)
        yield record(id=id_at(instant, clock=number // 256 % 128), result=str(digit), digit=digit)


def fill(store: Store, count: int) -> int:
    """Add records for at most MOST_SECONDS; how many it were."""
    end, done = time.monotonic() + MOST_SECONDS, 0
    with ThreadPoolExecutor(32) as threads:
        for some in batches(made(count), 3200):
            list(threads.map(lambda each: store.add(each, SMALL_DRAWING, None, 30), some))
            done += len(some)
            if time.monotonic() > end:
                break
    return done


def batches(records: Iterable[Record], size: int) -> Iterable[list[Record]]:
    batch: list[Record] = []
    for each in records:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def fill_sqlite(store: SqliteStore, count: int) -> int:
    """The same rows as `fill` makes, a hundred thousand to a transaction."""
    for some in batches(made(count), 100_000):

        def work(connection: sqlite3.Connection, some: list[Record] = some) -> None:
            for each in some:
                sqlite.insert(connection, each, SMALL_DRAWING)

        store.file.write(work)
    return count


def milliseconds(work: Callable[[], object], times: int = 200) -> list[float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def spread(took: Sequence[float]) -> str:
    ordered = sorted(took)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"p50 {statistics.median(ordered):.2f} ms, p99 {p99:.2f} ms, min {ordered[0]:.2f} ms"


def pages(url: str, small: int, large: int) -> None:
    medians = []
    for count in (small, large):
        each_url = url.replace("COUNT", str(count))
        store = opened(each_url)
        began = time.monotonic()
        loaded = fill_sqlite(store, count) if isinstance(store, SqliteStore) else fill(store, count)
        seconds = time.monotonic() - began
        print(f"{loaded} records loaded in {seconds:.0f} s, {loaded / seconds:.0f} a second", flush=True)
        middle = id_at(datetime.now(UTC) - timedelta(seconds=loaded / 200))
        newest = milliseconds(lambda: store.page(50, None, Filter()))  # noqa: B023 - called at once
        print(f"  newest page of 50: {spread(newest)}")
        old = milliseconds(lambda: store.page(50, middle, Filter()))  # noqa: B023
        print(f"  a page of 50 from the middle: {spread(old)}")
        counts = milliseconds(store.counts, 5)
        print(f"  counts by day and digit: {spread(counts)}")
        medians.append(statistics.median(newest))
        store.close()
        if each_url.startswith("cassandra"):
            drop(each_url)
    print(f"A page at {large} takes {medians[1] / medians[0]:.2f} times the time of one at {small}.")


def memory() -> float:
    """MB that are this process's own now."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def export_memory(url: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder = open_recorder(Settings(instance=Path(folder), records_url=url))
        recorder.start()
        _, store = open_store(url)
        if isinstance(store, SqliteStore):
            fill_sqlite(store, count)
        else:
            fill(opened(url), count)
        formats: dict[str, Callable[[Recorder], Iterable[bytes]]] = {
            "csv": lambda each: export.comma_separated(each.export(Filter())),
            "jsonl": lambda each: export.jsonl(each.export(Filter())),
            "idx": lambda each: export.idx(each.export_seen(Filter())),
            "npz": lambda each: export.npz(each.export_seen(Filter())),
        }
        for name, pieces in formats.items():
            before = most = memory()
            began, size = time.monotonic(), 0
            for piece in pieces(recorder):
                size += len(piece)
                most = max(most, memory())
            seconds = time.monotonic() - began
            print(f"{name}: {size / 1e6:.0f} MB in {seconds:.0f} s; memory grew by {most - before:.1f} MB", flush=True)
        recorder.close()


def answer_times(recorder: Recorder, seconds: float) -> tuple[list[float], Counter[str]]:
    """Milliseconds of each prediction's record, 4 clients with 25 records a second each."""
    took: deque[float] = deque()
    states: deque[str] = deque()
    ids, end = RecordIds(), time.monotonic() + seconds

    def client() -> None:
        due = time.monotonic()
        while due < end:
            made_now = record(id=ids.new())
            began = time.perf_counter()
            states.append(recorder.add(made_now, USUAL_DRAWING, str(made_now.id)).state)
            took.append((time.perf_counter() - began) * 1000)
            due += 0.04
            time.sleep(max(0.0, due - time.monotonic()))

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return list(took), Counter(states)


def nodes_away(seconds: float) -> None:
    nodes = Nodes()
    nodes.need(3)
    url = new_url(3)
    with tempfile.TemporaryDirectory() as folder:
        recorder = open_recorder(Settings(instance=Path(folder), records_url=url))
        recorder.start()
        while not recorder.state()["ok"]:
            time.sleep(0.1)
        answer_times(recorder, 5)  # the first ones find everything cold

        def measure(name: str) -> float:
            took, states = answer_times(recorder, seconds)
            print(f"{name}: {spread(took)}, max {max(took):.0f} ms; {dict(states)}", flush=True)
            return sorted(took)[int(len(took) * 0.99)]

        well = measure("three nodes, all well")
        nodes.signal(2, signal.SIGSTOP)
        paused = measure("one of them paused")
        nodes.signal(2, signal.SIGCONT)
        time.sleep(10)
        measure("all well again")
        nodes.signal(3, signal.SIGKILL)
        down = measure("one of them down")
        nodes.restart()
        print(f"p99 paused {paused / well:.2f}, down {down / well:.2f} times that of all well.")
        recorder.close()
    drop(url)
    nodes.stop()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pages", url, small, large]:
            pages(url, int(small), int(large))
        case ["export", url, count]:
            export_memory(url, int(count))
        case ["nodes", *seconds]:
            nodes_away(float(seconds[0]) if seconds else 30)
        case _:
            sys.exit((__doc__ or "").strip())
