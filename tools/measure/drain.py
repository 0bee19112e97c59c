"""Measures live requests while the outbox drains after an outage of Cassandra.

    python -m tools.measure.drain [COUNT]     (default 10,000 queued records; one local Cassandra node, one server)

Clients predict at a steady rate all the time. In each round Cassandra is paused, COUNT records are queued, and
Cassandra continues. docs/scale.md has the results.
"""

from __future__ import annotations

import http.client
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from backend.records import open_recorder
from backend.records.ids import new_key
from backend.settings import Settings
from tools.bench.bodies import DRAWINGS
from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import ask
from tools.failure.faults import wait_until_well
from tools.measure.recorder import USUAL_DRAWING, spread
from tools.sample_records import id_at, record
from tools.server import Server

ROUNDS = 3
CLIENTS = 5
RATE = 10  # requests per second of each client
NORMAL = 10.0  # seconds of each round before the outage


class Load:
    """Clients that predict at a steady rate; `took` has the start (time.monotonic) and milliseconds of each request."""

    def __init__(self, port: int) -> None:
        self.took: list[tuple[float, float]] = []
        self._port = port
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._run, args=[number]) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def between(self, began: float, ended: float) -> list[float]:
        return [took for start, took in list(self.took) if began <= start < ended]

    def _run(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        due = time.monotonic() + number / CLIENTS / RATE
        for body in cycle(DRAWINGS["page"]):
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                break
            began = time.monotonic()
            headers = {"Content-Type": "application/json", "Idempotency-Key": str(new_key())}
            connection.request("POST", "/predict", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"/predict was answered {answer.status}.")
            self.took.append((began, (time.monotonic() - began) * 1000))
            due += 1 / RATE
        connection.close()


def fill(folder: Path, url: str, count: int) -> None:
    """Queue records in the outbox of an instance folder."""
    recorder = open_recorder(Settings(instance=folder, records_url=url))  # not started, so its store is unavailable
    for _ in range(count):
        recorder.record(record(id=id_at(datetime.now(UTC))), USUAL_DRAWING)
    recorder.close()


def run(count: int) -> None:
    nodes = Nodes()
    nodes.need(1)
    url = nodes.new_url(1)
    normal: list[float] = []
    draining: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server({"WORKERS": "2", "RECORDS_URL": url, "INSTANCE": folder, "ACCESS_LOG": "false"})
        load = Load(server.port)
        with server, load.running():
            wait_until_well(server.port)
            time.sleep(NORMAL)  # warm-up
            for _ in range(ROUNDS):
                began = time.monotonic()
                time.sleep(NORMAL)
                normal += load.between(began, time.monotonic())
                nodes.signal(1, signal.SIGSTOP)
                fill(Path(folder), url, count)
                nodes.signal(1, signal.SIGCONT)
                wait_until_well(server.port)
                began = time.monotonic()
                while ask(server.port, "GET", "/health/ready")[1]["recorder"]["queued"]:
                    time.sleep(0.2)
                ended = time.monotonic()
                draining += load.between(began, ended)
                print(f"{count} queued records were delivered in {ended - began:.1f} s", flush=True)
    drop(url)
    nodes.stop()
    for name, took in (("normal", normal), ("draining", draining)):
        print(f"{name}: {len(took)} requests, {spread(took)}, max {max(took):.0f} ms")
    well, worse = (sorted(took)[int(len(took) * 0.99)] for took in (normal, draining))
    print(f"p99 while the outbox drains: {worse / well:.2f} times normal")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
