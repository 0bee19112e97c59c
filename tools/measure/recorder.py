"""Measures the recorder as it grows, and while Cassandra nodes are down.

    python -m tools.measure.recorder load URL COUNT [SECONDS]  insert COUNT records, for at most SECONDS (600)
    python -m tools.measure.recorder pages SMALL LARGE         latency of a page of 50 in two stores (URLs), in turn
    python -m tools.measure.recorder export URL [FORMAT...]    memory that an export takes
    python -m tools.measure.recorder throughput URL [SECONDS]  durable records per second
    python -m tools.measure.recorder sizes [COUNT]             bytes on disk per record, with and without its drawing
    python -m tools.measure.recorder counts URL [SECONDS]      latency of counts while 6,000 records per minute come in
    python -m tools.measure.recorder nodes [SECONDS]           latency with all nodes up, one paused, one down

URL is like RECORDS_URL; `load` needs an empty store. docs/scale.md has the results.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from backend.reading.decode import decode
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.records import export, open_recorder
from backend.records.cassandra.url import CassandraUrl
from backend.records.ids import date_of
from backend.records.record import Drawing, Filter
from backend.records.recorder import Recorder
from backend.records.store import Store
from backend.settings import Settings
from backend.web.drawing_request import data_url_bytes
from tools.bench.bodies import DRAWINGS
from tools.cassandra_nodes import Nodes, drop
from tools.measure.loading import A_MINUTE, load
from tools.sample_records import id_at, new_id, record
from tools.stores import opened

USUAL_DRAWING = Drawing(image=random.randbytes(4000), media_type="image/png", seen=bytes(784), strokes=b"[]" * 500)
WRITERS = 3  # processes
THREADS = 32  # in each process


def load_it(url: str, count: int, seconds: float) -> None:
    began = time.monotonic()
    loaded = load(url, count, seconds)
    took = time.monotonic() - began
    print(f"{loaded} records loaded in {took:.0f} s, {loaded / took:.0f} per second", flush=True)


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


def pages(*urls: str) -> None:
    """Measure both stores in turn, so that other load on the machine affects both."""
    stores = [opened(url) for url in urls]
    sizes = [sum(each.count for each in store.counts().days) for store in stores]
    starts: dict[str, list[uuid.UUID | None]] = {
        "the newest": [None, None],
        "from the middle": [middle(*each) for each in zip(stores, sizes, strict=True)],
    }
    for name, before in starts.items():
        took: list[list[float]] = [[], []]
        for _ in range(20):  # rounds
            for which, store in enumerate(stores):
                took[which] += milliseconds(lambda: store.page(50, before[which], Filter()), 25)  # noqa: B023
        for size, each in zip(sizes, took, strict=True):
            print(f"a page of 50, {name}, of {size} records: {spread(each[25:])}")
        small, large = (statistics.median(each[25:]) for each in took)
        print(f"  {large / small:.2f} times")
    for size, store in zip(sizes, stores, strict=True):
        print(f"counts by day and digit of {size} records: {spread(milliseconds(store.counts, 5))}")
        store.close()


def middle(store: Store, size: int) -> uuid.UUID:
    """An id from the middle of the records that `load` inserted."""
    newest = store.page(1, None, Filter()).records[0]
    return id_at(date_of(newest.id) - timedelta(seconds=size * 60 / A_MINUTE / 2))


def memory() -> float:
    """Resident memory of this process, in MB."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def export_memory(url: str, only: Sequence[str]) -> None:
    formats: dict[str, Callable[[Recorder], Iterable[bytes]]] = {
        "csv": lambda each: export.comma_separated(each.export(Filter())),
        "jsonl": lambda each: export.jsonl(each.export(Filter())),
        "idx": lambda each: export.idx(each.export_seen(Filter())),
        "npz": lambda each: export.npz(each.export_seen(Filter())),
    }
    with tempfile.TemporaryDirectory() as folder:
        opened(url).close()
        recorder = open_recorder(Settings(instance=Path(folder), records_url=url))
        recorder.start()
        while not recorder.state()["ok"]:
            time.sleep(0.1)
        for name in only or formats:
            before = most = memory()
            began, size = time.monotonic(), 0
            for piece in formats[name](recorder):
                size += len(piece)
                most = max(most, memory())
            seconds = time.monotonic() - began
            print(f"{name}: {size / 1e6:.0f} MB in {seconds:.0f} s; memory grew by {most - before:.1f} MB", flush=True)
        recorder.close()


def throughput(url: str, seconds: float) -> None:
    with ProcessPoolExecutor(WRITERS, multiprocessing.get_context("spawn")) as processes:
        each = list(processes.map(write, [url] * WRITERS, [seconds] * WRITERS))
    took = [one for some in each for one in some]
    print(f"{len(took) / seconds:.0f} records per second, {spread(took)}", flush=True)


def write(url: str, seconds: float) -> list[float]:
    """Milliseconds for each record that this process inserted."""
    store, took = opened(url), deque[float]()
    for _ in range(THREADS):  # warm-up
        store.insert(record(id=new_id()), USUAL_DRAWING, 30)
    end = time.monotonic() + seconds

    def writer() -> None:
        while (began := time.monotonic()) < end:
            made_now = record(id=new_id())
            store.insert(made_now, USUAL_DRAWING, 30)
            took.append((time.monotonic() - began) * 1000)

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(writer) for _ in range(THREADS)]:
            each.result()
    store.close()
    return list(took)


def sizes(count: int) -> None:
    """Insert `count` records with the drawings of the benchmarks, then without, into new stores of each kind."""
    drawings = [page_drawing(body) for body in DRAWINGS["page"]]
    sent = sum(len(each.image) + len(each.strokes or b"") + len(each.seen) for each in drawings) / len(drawings)
    print(f"a drawing: {sent:.0f} bytes on average", flush=True)
    nodes = Nodes()
    nodes.need(1)
    with tempfile.TemporaryDirectory() as folder:
        for name, kept in (("with", drawings), ("without", [None])):
            path = Path(folder, f"{name}.sqlite")
            insert_all(f"sqlite:///{path}", count, kept)
            print(f"SQLite, {name} drawings: {path.stat().st_size / count:.0f} bytes per record", flush=True)
            url = nodes.new_url(1)
            insert_all(url, count, kept)
            keyspace = CassandraUrl.parse(url).keyspace
            nodes.run("nodetool", "1", "flush", keyspace)
            files = (nodes.home / "node1/data" / keyspace).rglob("*")
            size = sum(each.stat().st_size for each in files if each.is_file())
            print(f"Cassandra, {name} drawings: {size / count:.0f} bytes per record", flush=True)
    nodes.stop()


def page_drawing(body: str) -> Drawing:
    """The drawing in a request of the page."""
    fields = json.loads(body)
    image = data_url_bytes(fields["image"].encode())
    seen = normalize(find_ink(decode(image, 1_000_000).pixels))
    strokes = json.dumps(fields["strokes"], separators=(",", ":")).encode()
    return Drawing(image=image, media_type="image/png", seen=seen.tobytes(), strokes=strokes)


def insert_all(url: str, count: int, drawings: Sequence[Drawing | None]) -> None:
    store = opened(url)

    def insert(number: int) -> None:
        probabilities = tuple(random.random() for _ in range(10))  # equal ones would be compressed away
        made = record(id=new_id(), confidence=max(probabilities), probabilities=probabilities)
        store.insert(made, drawings[number % len(drawings)], 30)

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(insert, range(count)):
            pass
    store.close()


def answer_times(recorder: Recorder, seconds: float) -> tuple[list[float], Counter[str]]:
    """Milliseconds for each record of 4 clients with 25 records per second each, and the states that were returned."""
    took: deque[float] = deque()
    states: deque[str] = deque()
    end = time.monotonic() + seconds

    def client() -> None:
        due = time.monotonic()
        while due < end:
            made_now = record(id=new_id())
            began = time.perf_counter()
            states.append(recorder.record(made_now, USUAL_DRAWING))
            took.append((time.perf_counter() - began) * 1000)
            due += 0.04
            time.sleep(max(0.0, due - time.monotonic()))

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return list(took), Counter(states)


def write_steadily(url: str, seconds: float) -> int:
    """How many records were written."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = open_recorder(Settings(instance=Path(folder), records_url=url))
        recorder.start()
        while not recorder.state()["ok"]:
            time.sleep(0.1)
        written = len(answer_times(recorder, seconds)[0])
        while recorder.state()["queued"]:
            time.sleep(0.1)
        recorder.close()
        return written


def counts(url: str, seconds: float) -> None:
    """Count twice a second in this process while another one writes."""
    store, took = opened(url), list[float]()
    before = sum(each.count for each in store.counts().days)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        writer = processes.submit(write_steadily, url, seconds)
        while not writer.done():
            took += milliseconds(store.counts, 1)
            time.sleep(0.5)
    counted = sum(each.count for each in store.counts().days) - before
    print(f"{counted} of {writer.result()} new records are counted, {before} earlier ones; {spread(took)}")
    store.close()


def nodes_away(seconds: float) -> None:
    nodes = Nodes()
    nodes.need(3)
    url = nodes.new_url(3)
    with tempfile.TemporaryDirectory() as folder:
        recorder = open_recorder(Settings(instance=Path(folder), records_url=url))
        recorder.start()
        while not recorder.state()["ok"]:
            time.sleep(0.1)
        answer_times(recorder, 15)  # warm-up

        took: dict[str, list[float]] = {"all up": [], "one paused": [], "one down": []}

        def measure(name: str) -> None:
            times, states = answer_times(recorder, seconds)
            took[name] += times
            print(f"{name}: {spread(times)}, max {max(times):.0f} ms; {dict(states)}", flush=True)

        for _ in range(3):  # rounds, because garbage collection in the JVM can hit any of them
            measure("all up")
            nodes.signal(2, signal.SIGSTOP)
            measure("one paused")
            nodes.signal(2, signal.SIGCONT)
            time.sleep(10)
            nodes.signal(3, signal.SIGKILL)
            measure("one down")
            nodes.restart()
            time.sleep(10)
        well, *away = (sorted(each)[int(len(each) * 0.99)] for each in took.values())
        for name, each in zip(list(took)[1:], away, strict=True):
            print(f"{name}: p99 {each:.1f} ms, {each / well:.2f} times the {well:.1f} ms with all up")
        recorder.close()
    drop(url)
    nodes.stop()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["load", url, count, *given]:
            load_it(url, int(count), float(given[0]) if given else 600)
        case ["pages", small, large]:
            pages(small, large)
        case ["export", url, *only]:
            export_memory(url, only)
        case ["throughput", url, *given]:
            throughput(url, float(given[0]) if given else 30)
        case ["sizes", *given]:
            sizes(int(given[0]) if given else 10_000)
        case ["counts", url, *given]:
            counts(url, float(given[0]) if given else 150)
        case ["nodes", *given]:
            nodes_away(float(given[0]) if given else 30)
        case _:
            sys.exit((__doc__ or "").strip())
