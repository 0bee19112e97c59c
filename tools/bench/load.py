"""A load generator: some connections, each with one request on its way at any time.

Raw sockets and epoll in one thread, so that the client takes as little as it can of the machine
that it shares with the server.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

PATIENCE = 30.0  # seconds without any answer after which the server counts as dead


class Load(NamedTuple):
    """What came back."""

    seconds: float
    cpu: float  # seconds of a core that this client took
    latencies: npt.NDArray[np.float64]  # of each answer of the 200s, seconds
    refusals: npt.NDArray[np.float64]  # of each other answer, seconds
    statuses: Counter[int]

    @property
    def answered(self) -> int:
        """Answers of the 200s; a refusal is none."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def percentile(self, percent: float) -> float:
        """Latency of the answers in ms; not a number where there were none."""
        return float(np.nan) if not len(self.latencies) else float(np.percentile(self.latencies, percent)) * 1000

    @property
    def longest(self) -> float:
        """The longest wait for an answer or a refusal, in ms."""
        return float(max(self.latencies.max(initial=0), self.refusals.max(initial=0))) * 1000


def post(path: str, body: bytes, content_type: str = "text/plain", headers: str = "") -> bytes:
    """A request as bytes; `headers` are whole lines, each ended by CR LF."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


Follow = Callable[[bytes], bytes]  # from the body of an answer to the request that fetches what was asked for


def drive(port: int, requests: Iterator[bytes], connections: int, seconds: float, follow: Follow | None = None) -> Load:
    """Send one request after the other over `connections` connections for `seconds`; with `follow`, a pair of
    requests counts as one.

    Raises ConnectionError where the server ends a connection without saying so, TimeoutError where it falls silent.
    """
    latencies: list[float] = []
    refusals: list[float] = []
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        lines = [_Line(port) for _ in range(connections)]
        try:
            for line in lines:
                selector.register(line.socket, selectors.EVENT_READ, line)
            start, cpu = time.perf_counter(), time.thread_time()
            end = start + seconds
            for line in lines:
                line.send(next(requests))
            waiting = connections
            while waiting:
                ready = selector.select(PATIENCE)
                if not ready:
                    raise TimeoutError(f"No answer on port {port} for {PATIENCE:.0f} s.")
                for key, _ in ready:
                    line = key.data
                    status = line.receive()
                    if status is None:
                        continue
                    if follow is not None and not line.followed and status == 200:
                        line.follow(follow(line.body))
                        continue
                    now = time.perf_counter()
                    (latencies if 200 <= status < 300 else refusals).append(now - line.since)
                    statuses[status] += 1
                    if now >= end:
                        selector.unregister(line.socket)
                        waiting -= 1
                        continue
                    if line.closing:
                        selector.unregister(line.socket)
                        line.socket.close()
                        line.connect()
                        selector.register(line.socket, selectors.EVENT_READ, line)
                    line.send(next(requests))
            took, cpu = time.perf_counter() - start, time.thread_time() - cpu
        finally:
            for line in lines:
                line.socket.close()
    return Load(took, cpu, np.array(latencies), np.array(refusals), statuses)


def once(port: int, request: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to a single request. Raises OSError where the server isn't there."""
    line = _Line(port)
    try:
        line.send(request)
        while (status := line.receive()) is None:
            pass
        return status, line.body
    finally:
        line.socket.close()


class _Line:
    """One connection, kept open where the server lets it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.since = 0.0
        self.followed = False
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closing = False

    def send(self, request: bytes) -> None:
        self.since = time.perf_counter()
        self.followed = False
        self._send(request)

    def follow(self, request: bytes) -> None:
        """Send a request that belongs to the one before."""
        self.followed = True
        self._send(request)

    def _send(self, request: bytes) -> None:
        self._got = b""
        self._body = self._end = (
            0  # where the answer's body begins and ends; _end is 0 where only the body itself tells
        )
        self.socket.sendall(request)

    @property
    def body(self) -> bytes:
        return self._got[self._body :]

    def receive(self) -> int | None:
        """The status, once the answer is whole."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("The server ended a connection.")
        self._got += piece
        if not self._body:
            head, blank, _ = self._got.partition(b"\r\n\r\n")
            if not blank:
                return None
            self._body = len(head) + 4
            head = head.lower()
            self.closing = b"\r\nconnection: close" in head
            length = head.partition(b"content-length:")[2]
            if length:
                self._end = self._body + int(length.split(b"\r\n", 1)[0])
        whole = len(self._got) >= self._end if self._end else self._got.endswith(b"\r\n0\r\n\r\n")
        return int(self._got[9:12]) if whole else None
