"""A load generator: a number of connections, each of which sends its next request after each response, or a number of
requests per second.

It uses raw sockets and epoll in one thread, because it shares the machine with the server and must take little of it.
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

TIMEOUT = 30.0  # seconds without any response


class Load(NamedTuple):
    """The responses to the requests of one run."""

    seconds: float
    latencies: npt.NDArray[np.float64]  # seconds, of each successful response
    refusals: npt.NDArray[np.float64]  # seconds, of each other response
    statuses: Counter[int]

    @property
    def answered(self) -> int:
        """The number of successful responses."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def throughput(self) -> float:
        """Successful responses per second."""
        return self.answered / self.seconds

    def percentile(self, percent: float) -> float:
        """Latency of the successful responses in ms; NaN if there were none."""
        return float(np.nan) if not len(self.latencies) else float(np.percentile(self.latencies, percent)) * 1000

    @property
    def longest(self) -> float:
        """The longest latency of any response, in ms."""
        return float(max(self.latencies.max(initial=0), self.refusals.max(initial=0))) * 1000


def post(path: str, body: bytes, content_type: str = "text/plain", headers: str = "") -> bytes:
    """A raw POST request; `headers` are complete lines that end with CR LF."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


Follow = Callable[[bytes], bytes]  # from the body of a response to the request that fetches the result


def drive(port: int, requests: Iterator[bytes], connections: int, seconds: float, follow: Follow | None = None) -> Load:
    """Send requests over `connections` connections for `seconds`; with `follow`, a pair of requests counts as one.

    Raises ConnectionError if the server drops a connection, TimeoutError if it stops responding.
    """
    responses = _Responses()
    with selectors.DefaultSelector() as selector:
        all_connections = [_Connection(port) for _ in range(connections)]
        try:
            for connection in all_connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            start = time.perf_counter()
            end = start + seconds
            for connection in all_connections:
                connection.send(next(requests))
            waiting = connections
            while waiting:
                ready = selector.select(TIMEOUT)
                if not ready:
                    raise _no_response(port)
                for key, _ in ready:
                    connection = key.data
                    status = connection.receive()
                    if status is None:
                        continue
                    if follow is not None and not connection.followed and status == 200:
                        connection.follow(follow(connection.body))
                        continue
                    responses.add(status, connection.since)
                    if time.perf_counter() >= end:
                        selector.unregister(connection.socket)
                        waiting -= 1
                        continue
                    if connection.closing:
                        selector.unregister(connection.socket)
                        connection.socket.close()
                        connection.connect()
                        selector.register(connection.socket, selectors.EVENT_READ, connection)
                    connection.send(next(requests))
            took = time.perf_counter() - start
        finally:
            for connection in all_connections:
                connection.socket.close()
    return responses.load(took)


def offer(port: int, requests: Iterator[bytes], rate: float, seconds: float) -> Load:
    """Send `rate` requests per second, however many are unanswered, over as many connections as that takes.

    Raises ConnectionError if the server drops a connection, TimeoutError if it stops responding.
    """
    responses = _Responses()
    idle: list[_Connection] = []
    busy: set[_Connection] = set()
    with selectors.DefaultSelector() as selector:
        try:
            start = time.perf_counter()
            sent = 0
            while busy or sent < rate * seconds:
                while sent < min(rate * (time.perf_counter() - start), rate * seconds):
                    connection = idle.pop() if idle else _Connection(port)
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
                    busy.add(connection)
                    connection.send(next(requests))
                    sent += 1
                ready = selector.select(1 / rate if sent < rate * seconds else TIMEOUT)
                if not ready and sent >= rate * seconds:
                    raise _no_response(port)
                for key, _ in ready:
                    connection = key.data
                    status = connection.receive()
                    if status is None:
                        continue
                    responses.add(status, connection.since)
                    selector.unregister(connection.socket)
                    busy.remove(connection)
                    if connection.closing:
                        connection.socket.close()
                    else:
                        idle.append(connection)
            took = time.perf_counter() - start
        finally:
            for connection in (*idle, *busy):
                connection.socket.close()
    return responses.load(took)


def _no_response(port: int) -> TimeoutError:
    return TimeoutError(f"No response on port {port} for {TIMEOUT:.0f} s.")


class _Responses:
    """What has been answered so far."""

    def __init__(self) -> None:
        self._latencies: list[float] = []
        self._refusals: list[float] = []
        self._statuses: Counter[int] = Counter()

    def add(self, status: int, since: float) -> None:
        """A response that is complete now, to a request that was sent at `since`."""
        (self._latencies if 200 <= status < 300 else self._refusals).append(time.perf_counter() - since)
        self._statuses[status] += 1

    def load(self, seconds: float) -> Load:
        return Load(seconds, np.array(self._latencies), np.array(self._refusals), self._statuses)


class _Connection:
    """A connection that is kept open if the server allows it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.since = 0.0
        self.followed = False
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closing = False

    def send(self, request: bytes) -> None:
        self.since = time.perf_counter()
        self.followed = False
        self._send(request)

    def follow(self, request: bytes) -> None:
        """Send the second request of a pair."""
        self.followed = True
        self._send(request)

    def _send(self, request: bytes) -> None:
        self._got = b""
        self._body = self._end = 0  # offsets of the body; _end is 0 if the body is chunked
        self.socket.sendall(request)

    @property
    def body(self) -> bytes:
        return self._got[self._body :]

    def receive(self) -> int | None:
        """The status, once the response is complete."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("The server dropped a connection.")
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
