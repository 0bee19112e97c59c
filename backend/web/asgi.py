"""Runs the Flask application behind an event loop.

The event loop reads each request completely, within limits and deadlines, before it takes a thread to run the
application, and writes the response after the thread is free again. So a slow client costs memory, never a thread.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar, cast
from urllib.parse import unquote_to_bytes

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from werkzeug.wrappers import Response

from backend.web.errors import problem_answer
from backend.web.request_log import HEADER, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_WAIT = 0.9  # seconds that a request waits for a thread before it gets 503
PIECE = 65536  # bytes of a response that a thread produces at a time
LIVE = "/health/live"  # has a thread of its own, so that waiting for the store does not look like a dead process
OTHER_THREADS = 8  # for requests other than POST, which are light and never refused; some wait for the store

P = ParamSpec("P")
T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[str, str]]


class Disconnected(Exception):
    """The client closed the connection, or was too slow; see backend/web/protocol.py."""


class Answer(NamedTuple):
    """The start of a response."""

    status: int
    headers: Headers
    first: bytes
    rest: Generator[bytes, None, None] | None  # None when `first` is the whole body


class AsgiApp:
    """An ASGI application that runs a WSGI one: at most `threads` POST requests at a time, while up to `waiting` more
    wait for a thread. All others get 503 with Retry-After.

    `trusted_proxies` are addresses and networks. Only from them is the client's address taken from `X-Forwarded-For`,
    as the last one that is not trusted itself, and the scheme from `X-Forwarded-Proto`.
    `finished` is called after each response, with the WSGI environment of its request, its status, and how many seconds
    it took. `close` is called when the server shuts down.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        waiting: int,
        max_body_bytes: int,
        max_wait: float = MAX_WAIT,
        trusted_proxies: Sequence[str] = (),
        finished: Callable[[WSGIEnvironment, int, float], None] = lambda environ, status, seconds: None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._application = application
        self._max_posts = threads + waiting
        self._max_body_bytes = max_body_bytes
        self._max_wait = max_wait
        self._finished = finished
        self._close = close
        # The types differ in names only.
        self._behind_proxies: Any = ProxyHeadersMiddleware(cast(Any, self._http), list(trusted_proxies))
        self._posts = 0  # that run or wait
        self._running = asyncio.Semaphore(threads)
        self._post_threads = ThreadPoolExecutor(threads, "post")
        self._other_threads = ThreadPoolExecutor(OTHER_THREADS, "other")
        self._live_thread = ThreadPoolExecutor(1, "live")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._behind_proxies(scope, receive, send)

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        start = time.monotonic()
        environ = _environ(scope)
        try:
            answer = await self._answer(environ, receive)
        except Disconnected:
            return
        del environ["wsgi.input"]  # a client that reads slowly must not keep the memory of its body
        answer.headers.append((HEADER, request_id(environ)))
        await self._send(answer, receive, send)
        self._finished(environ, answer.status, time.monotonic() - start)

    def malformed(self) -> Answer:
        """The response to what is not HTTP, which never gets to `__call__`."""
        environ: WSGIEnvironment = {"REQUEST_METHOD": None}
        answer = _problem(environ, 400, "bad_request", "This is not an HTTP request that the server understands.")
        answer.headers.append((HEADER, request_id(environ)))
        self._finished(environ, answer.status, 0.0)
        return answer

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._post_threads.shutdown()
        self._other_threads.shutdown()
        self._live_thread.shutdown()
        self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, environ: WSGIEnvironment, receive: Receive) -> Answer:
        body = await self._body(environ, receive)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["wsgi.input_terminated"] = True
        if environ["REQUEST_METHOD"] != "POST":
            threads = self._live_thread if environ["PATH_INFO"] == LIVE else self._other_threads
            return await _in_thread(threads, _run, self._application, environ)
        if self._posts >= self._max_posts:
            return _overloaded(environ)
        self._posts += 1
        try:
            try:
                async with asyncio.timeout(self._max_wait):
                    await self._running.acquire()
            except TimeoutError:
                return _overloaded(environ)
            try:
                return await _in_thread(self._post_threads, _run, self._application, environ)
            finally:
                self._running.release()
        finally:
            self._posts -= 1

    async def _body(self, environ: WSGIEnvironment, receive: Receive) -> bytes:
        """The whole body. Of one that is too large, only as much as makes the application answer 413."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > self._max_body_bytes:
            return b""
        pieces = []
        size = 0
        more = True
        while more and size <= self._max_body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            pieces.append(message["body"])
            size += len(message["body"])
            more = message["more_body"]
        environ["CONTENT_LENGTH"] = str(size)
        return b"".join(pieces)

    async def _send(self, answer: Answer, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.rest is None:
            await send({"type": "http.response.body", "body": answer.first})
            return
        disconnected = asyncio.ensure_future(receive())
        piece = answer.first
        try:
            while piece and not disconnected.done():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await _in_thread(self._other_threads, _next_piece, answer.rest)
            await send({"type": "http.response.body", "body": b""})
        finally:
            disconnected.cancel()
            await _in_thread(self._other_threads, answer.rest.close)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, partial(work, *arguments, **named))


def _run(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """The application's response, of which at most one piece is produced here."""
    started: list[Any] = []

    def start_response(status: str, headers: Headers, _: object = None) -> Callable[[bytes], object]:
        started[:] = status, headers
        return lambda _: None

    rest = _pieces(application(environ, start_response))
    first = _next_piece(rest)
    status, headers = started
    whole = len(first) < PIECE
    return Answer(int(status[:3]), headers, first, None if whole else rest)


def _pieces(answer: Any) -> Generator[bytes, None, None]:
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()


def _next_piece(pieces: Iterable[bytes]) -> bytes:
    """At least PIECE bytes, or all that is left."""
    found: list[bytes] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size >= PIECE:
            break
    return found[0] if len(found) == 1 else b"".join(found)


_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def _environ(scope: MutableMapping[str, Any]) -> WSGIEnvironment:
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # would be mistaken for the header with "-"
        key = _NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _overloaded(environ: WSGIEnvironment) -> Answer:
    answer = _problem(environ, 503, "overloaded", "The server is busy; try again in a second.")
    answer.headers.append(("Retry-After", "1"))
    return answer


def _problem(environ: WSGIEnvironment, status: int, code: str, detail: str) -> Answer:
    response: Response = problem_answer(environ, status, code, detail)
    return Answer(status, list(response.headers), response.get_data(), None)
