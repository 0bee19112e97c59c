"""Measure how slow clients affect the others: the p95 of the page's requests with and without them.

    python -m tools.bench.slow_clients . --kinds headers bodies unread idle new

headers: 500 clients that send the head of a request one byte per second. bodies: 500 that send the body like that.
unread: 250 that send requests and never read the responses. idle: 2,000 connections that send nothing. new: 10,000
connections per minute that send nothing and are closed at once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path

from backend.settings import TOP
from tools.bench.bodies import page_requests
from tools.bench.compare import serve
from tools.bench.load import Load, drive

COUNTS = {"headers": 500, "bodies": 500, "unread": 250, "idle": 2000, "new": 10_000}
BYTES = b"X-Slow: " + b"a" * 1000
HEADS = {
    "headers": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "bodies": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6000\r\n\r\ndata:image/png;base64,",
    "idle": b"",
}
PIPELINED = 100  # requests per client that does not read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", metavar="CHECKOUT[,NAME=VALUE...]")
    parser.add_argument("--kinds", nargs="+", choices=COUNTS, default=list(COUNTS))
    parser.add_argument("--path", default="/openapi.json", help="what the clients that do not read request")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--settle", type=float, default=12, help="seconds until the clients' buffers are full")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    (TOP / ".cache").mkdir(exist_ok=True)
    for checkout in options.checkouts:
        for kind in options.kinds:
            with tempfile.TemporaryDirectory(dir=TOP / ".cache") as folder, serve(checkout, Path(folder)) as server:
                drive(server.port, page_requests(), options.connections, 1)
                normal, slowed = [], []
                for _ in range(options.rounds):
                    normal.append(drive(server.port, page_requests(), options.connections, options.seconds))
                    with slow_clients(kind, server.port, options.path, options.settle):
                        try:
                            slowed.append(drive(server.port, page_requests(), options.connections, options.seconds))
                        except OSError as error:
                            print(f"{checkout}, {kind}: {error}")
                if slowed:
                    print(f"{checkout}, {COUNTS[kind]} {kind}: {summary(normal, slowed)}", flush=True)


def summary(normal: list[Load], slowed: list[Load]) -> str:
    median = statistics.median
    before, with_them = (median(load.percentile(95) for load in loads) for loads in (normal, slowed))
    ratio = median(b.percentile(95) / a.percentile(95) for a, b in zip(normal, slowed, strict=False))
    refused = sum(load.statuses.total() - load.answered for load in slowed)
    answered = sum(load.answered for load in slowed)
    return f"p95 {before:.1f} ms, with them {with_them:.1f} ms ({ratio:.2f}); refused {refused}, answered {answered}"


@contextmanager
def slow_clients(kind: str, port: int, path: str, settle: float) -> Iterator[None]:
    """Connected slow clients, in a process of their own."""
    ready, stop = multiprocessing.Event(), multiprocessing.Event()
    work, arguments = (_connect_often, (port,)) if kind == "new" else (_be_slow, (kind, port, path))
    process = multiprocessing.Process(target=work, args=(*arguments, ready, stop))
    process.start()
    ready.wait(60)
    time.sleep(settle)
    try:
        yield
    finally:
        stop.set()
        process.join()


def _be_slow(kind: str, port: int, path: str, ready: Event, stop: Event) -> None:
    clients = []
    for _ in range(COUNTS[kind]):
        client = socket.create_connection(("127.0.0.1", port))
        clients.append(client)
        if kind == "unread":
            client.setblocking(False)
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            with suppress(BlockingIOError):
                client.send(request * PIPELINED)
        else:
            client.sendall(HEADS[kind])
    ready.set()
    n = 0
    while not stop.wait(1):
        for client in clients:
            if kind in ("headers", "bodies"):
                with suppress(OSError):  # the server has closed it
                    client.send(BYTES[n : n + 1])
        n += 1
    for client in clients:
        client.close()


def _connect_often(port: int, ready: Event, stop: Event) -> None:
    ready.set()
    start = time.monotonic()
    made = 0
    while not stop.wait(max(0, start + made * 60 / COUNTS["new"] - time.monotonic())):
        socket.create_connection(("127.0.0.1", port)).close()
        made += 1


if __name__ == "__main__":
    main()
