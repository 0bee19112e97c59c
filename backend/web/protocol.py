"""HTTP connections: uvicorn's protocol, with deadlines for clients that send or read too slowly."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend.web.asgi import AsgiApp

REQUEST_DEADLINE = 60.0  # seconds for a whole request to arrive
READ_DEADLINE = 30.0  # seconds for the client to read what the kernel's buffers don't hold
MAX_HEAD_BYTES = 65536
LAST_REQUESTS = 0.5  # seconds for requests that are on their way when the worker stops


class Protocol(HttpToolsProtocol):
    """Closes the connection when a deadline passes or a request's head is too large."""

    _arrival: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # pause_writing is called as soon as the client falls behind
        self._arrival = self.loop.call_later(REQUEST_DEADLINE, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._arrival, self._reading):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Called for what is not HTTP."""
        answer = cast(AsgiApp, self.app).malformed()
        head = [
            "HTTP/1.1 400 Bad Request",
            *(f"{name}: {value}" for name, value in answer.headers),
            "Connection: close",
        ]
        self.transport.write("".join(f"{line}\r\n" for line in [*head, ""]).encode("latin-1") + answer.first)
        self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        if self._arrival is None:
            self._arrival = self.loop.call_later(REQUEST_DEADLINE, self.transport.abort)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None
        super().on_message_complete()

    def shutdown(self) -> None:
        """Called when the worker stops. An idle connection that closes at once would lose a request on its way."""
        self._stopping = True
        if self.cycle is not None:
            self.cycle.keep_alive = False  # the client is told with the response
        self.loop.call_later(LAST_REQUESTS, super().shutdown)

    def pause_writing(self) -> None:
        self._reading = self.loop.call_later(READ_DEADLINE, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        super().resume_writing()
