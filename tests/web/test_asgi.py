"""The ASGI adapter: threads run complete requests only; some requests wait, the rest get 503 at once."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from backend.web.asgi import LIVE, OTHER_THREADS, PIECE, AsgiApp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def asgi(
    application: WSGIApplication, threads: int = 1, waiting: int = 1, max_wait: float = 60, proxies: Sequence[str] = ()
) -> AsgiApp:
    return AsgiApp(
        application,
        threads=threads,
        waiting=waiting,
        max_body_bytes=100,
        max_wait=max_wait,
        trusted_proxies=proxies,
    )


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test in a thread of its own, because Playwright's event loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, test).result()


class Client:
    """Sends one request to an application, and keeps its response."""

    def __init__(self, *body: bytes, method: str = "POST", headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "raw_path": b"/caf%C3%A9",
            "query_string": b"a=1",
            "headers": list(headers),
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.2", 1234),
        }
        self._messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": True} for piece in body
        ]
        self._messages.append({"type": "http.request", "body": b"", "more_body": False})
        self.gone = asyncio.Event()
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.pieces: list[bytes] = []

    def disconnect_after(self, pieces: int) -> None:
        del self._messages[pieces:]
        self.gone.set()

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.pieces.append(message["body"])

    async def request(self, app: AsgiApp) -> Client:
        await app(self.scope, self.receive, self.send)
        return self


class Slow:
    """An application that answers when `may_answer` is set."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.may_answer = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.started.release()
        self.may_answer.wait()
        start_response("200 OK", [])
        return [b""]

    async def has_started(self) -> None:
        await asyncio.to_thread(self.started.acquire)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with the environ and the body."""
    found = {name: value for name, value in environ.items() if isinstance(value, str)}
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [json.dumps(found | {"body": body.decode()}).encode()]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ([], "198.51.100.7", "127.0.0.2"),  # nobody is trusted, so a client can't invent its address
        (["10.0.0.0/8"], "198.51.100.7", "127.0.0.2"),
        (["127.0.0.2"], "198.51.100.7", "198.51.100.7"),
        (["127.0.0.0/8"], "2001:db8::1", "2001:db8::1"),
        (["127.0.0.2"], "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the first may be invented
        (["127.0.0.2", "10.0.0.0/8"], "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        (["127.0.0.2"], "", "127.0.0.2"),
    ],
)
def test_only_trusted_proxies_say_who_the_client_is(proxies: list[str], forwarded: str, address: str) -> None:
    async def test() -> None:
        headers = [(b"x-forwarded-for", forwarded.encode()), (b"x-forwarded-proto", b"https")]
        answer = await Client(headers=headers).request(asgi(echo, proxies=proxies))
        found = json.loads(b"".join(answer.pieces))
        assert found["REMOTE_ADDR"] == address
        trusted = any("127.0.0." in each for each in proxies)
        assert found["wsgi.url_scheme"] == ("https" if trusted else "http")

    run(test())


def test_requests_beyond_the_limit_get_503_at_once() -> None:
    async def test() -> None:
        slow = Slow()
        app = asgi(slow, threads=1, waiting=1)
        others = [asyncio.ensure_future(Client().request(app)) for _ in range(2)]
        await slow.has_started()
        refused = await Client().request(app)
        assert (refused.status, refused.headers[b"retry-after"]) == (503, b"1")
        assert refused.headers[b"content-type"] == b"application/problem+json"
        problem = json.loads(b"".join(refused.pieces))
        assert problem["code"] == "overloaded"
        assert problem["request_id"].encode() == refused.headers[b"x-request-id"]
        slow.may_answer.set()
        assert [(await other).status for other in others] == [200, 200]

    run(test())


def test_a_request_that_waits_too_long_gets_503() -> None:
    async def test() -> None:
        slow = Slow()
        app = asgi(slow, max_wait=0.01)
        first = asyncio.ensure_future(Client().request(app))
        await slow.has_started()
        assert (await Client().request(app)).status == 503
        slow.may_answer.set()
        assert (await first).status == 200
        assert (await Client().request(app)).status == 200

    run(test())


def test_get_requests_do_not_wait_for_post_requests() -> None:
    async def test() -> None:
        slow = Slow()
        app = asgi(slow, waiting=0)
        posted = asyncio.ensure_future(Client().request(app))
        await slow.has_started()
        read = asyncio.ensure_future(Client(method="GET").request(app))
        await slow.has_started()
        slow.may_answer.set()
        assert ((await posted).status, (await read).status) == (200, 200)

    run(test())


def test_the_liveness_check_does_not_wait_for_other_requests() -> None:
    slow = Slow()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != LIVE:
            return slow(environ, start_response)
        start_response("200 OK", [])
        return [b"live"]

    async def test() -> None:
        app = asgi(application)
        others = [asyncio.ensure_future(Client(method="GET").request(app)) for _ in range(OTHER_THREADS + 1)]
        for _ in range(OTHER_THREADS):
            await slow.has_started()
        live = Client(method="GET")
        live.scope["raw_path"] = LIVE.encode()
        assert b"".join((await asyncio.wait_for(live.request(app), 30)).pieces) == b"live"
        slow.may_answer.set()
        await asyncio.gather(*others)

    run(test())


def test_a_failing_application_frees_its_thread() -> None:
    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise OSError("broken")

    async def test() -> None:
        app = asgi(broken, waiting=0, max_wait=0.01)
        for _ in range(3):
            with pytest.raises(OSError, match="broken"):
                await Client().request(app)

    run(test())


def test_the_application_gets_the_whole_request() -> None:
    async def test() -> None:
        headers = [(b"content-type", b"text/plain"), (b"x-twice", b"1"), (b"x-twice", b"2"), (b"x_twice", b"3")]
        client = await Client(b"ab", b"cd", headers=headers).request(asgi(echo))
        assert json.loads(b"".join(client.pieces)) == {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/café".encode().decode("latin-1"),
            "QUERY_STRING": "a=1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.2",
            "CONTENT_TYPE": "text/plain",
            "CONTENT_LENGTH": "4",
            "HTTP_X_TWICE": "1,2",
            "wsgi.url_scheme": "http",
            "body": "abcd",
        }

    run(test())


def test_reading_stops_once_the_body_is_too_large() -> None:
    async def test() -> None:
        announced = await Client(b"a" * 60, headers=[(b"content-length", b"101")]).request(asgi(echo))
        assert json.loads(b"".join(announced.pieces))["CONTENT_LENGTH"] == "101"
        chunked = await Client(*[b"a" * 60] * 5).request(asgi(echo))
        assert json.loads(b"".join(chunked.pieces))["CONTENT_LENGTH"] == "120"

    run(test())


def test_an_incomplete_request_takes_no_thread() -> None:
    async def test() -> None:
        app = asgi(echo, waiting=0)
        unfinished = Client(b"ab", b"cd")
        unfinished.disconnect_after(1)
        assert (await unfinished.request(app)).status == 0
        assert (await Client().request(app)).status == 200

    run(test())


def streaming(closed: threading.Event) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def pieces() -> Iterable[bytes]:
            try:
                for number in range(100):
                    yield bytes([number]) * (PIECE // 2)
            finally:
                closed.set()

        start_response("200 OK", [])
        return pieces()

    return application


def test_long_responses_are_sent_piece_by_piece() -> None:
    async def test() -> None:
        closed = threading.Event()
        client = await Client(method="GET").request(asgi(streaming(closed)))
        assert b"".join(client.pieces) == b"".join(bytes([number]) * (PIECE // 2) for number in range(100))
        assert max(map(len, client.pieces)) == PIECE
        assert closed.is_set()

    run(test())


def test_clients_that_do_not_read_occupy_no_thread() -> None:
    async def test() -> None:
        closed = threading.Event()
        app = asgi(streaming(closed))
        reads = asyncio.Event()

        class Unread(Client):
            async def send(self, message: Any) -> None:
                await super().send(message)
                if self.pieces:
                    await reads.wait()

        clients = [Unread(method="GET") for _ in range(OTHER_THREADS + 1)]
        answers = [asyncio.ensure_future(client.request(app)) for client in clients]
        while not all(client.pieces for client in clients):
            await asyncio.sleep(0.001)
        for client in clients:
            client.gone.set()
        reads.set()
        await asyncio.gather(*answers)
        assert closed.is_set()
        assert all(len(client.pieces) < 50 for client in clients)

    run(test())


def test_each_response_is_reported_when_it_has_been_sent() -> None:
    async def test() -> None:
        slow = Slow()
        reported: list[tuple[str, int, float]] = []
        app = AsgiApp(
            slow,
            threads=1,
            waiting=0,
            max_body_bytes=100,
            finished=lambda environ, status, seconds: reported.append((environ["PATH_INFO"], status, seconds)),
        )
        first = asyncio.ensure_future(Client().request(app))
        await slow.has_started()
        refused = await Client().request(app)
        assert refused.status == 503
        slow.may_answer.set()
        answered = await first
        assert answered.headers[b"x-request-id"] != refused.headers[b"x-request-id"]
        path = "/café".encode().decode("latin-1")
        assert [each[:2] for each in reported] == [(path, 503), (path, 200)]
        assert all(0 <= seconds < 60 for _, _, seconds in reported)

    run(test())


def test_shutting_down_closes_the_application() -> None:
    async def test() -> None:
        closed: list[bool] = []
        app = AsgiApp(echo, threads=1, waiting=1, max_body_bytes=1, close=lambda: closed.append(True))
        events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent: list[str] = []

        async def receive() -> dict[str, str]:
            return events.pop(0)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        assert (closed, sent) == ([True], ["lifespan.startup.complete", "lifespan.shutdown.complete"])

    run(test())
