"""Some wait for their turn, the rest are refused at once and in words."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from backend.web.overload import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Slow:
    """An application whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.begun.release()
        self.go.wait()
        start_response("200 OK", [])
        return [b""]


def test_who_finds_no_place_is_refused_while_the_others_are_answered_in_turn() -> None:
    slow = Slow()
    client = Client(Turns(slow, at_work=1, waiting=1, patience=60))
    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(client.post, "/predict") for _ in range(3)]
        answer = wait(posts, return_when=FIRST_COMPLETED).done.pop().result()
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json(force=True)["code"] == "overloaded"
        slow.go.set()
        assert sorted(post.result().status_code for post in posts) == [200, 200, 503]


def test_who_waits_too_long_is_refused() -> None:
    slow = Slow()
    client = Client(Turns(slow, at_work=1, waiting=1, patience=0.01))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/predict")
        slow.begun.acquire()
        assert client.post("/predict").status_code == 503
        slow.go.set()
        assert first.result().status_code == 200
    assert client.post("/predict").status_code == 200, "its place is free again"


def test_reading_takes_no_turn() -> None:
    slow = Slow()
    client = Client(Turns(slow, at_work=1, waiting=0, patience=60))
    with ThreadPoolExecutor(2) as pool:
        posted = pool.submit(client.post, "/predict")
        slow.begun.acquire()
        read = pool.submit(client.get, "/health/live")
        slow.begun.acquire()
        slow.go.set()
        assert (posted.result().status_code, read.result().status_code) == (200, 200)


def test_an_application_that_fails_gives_its_turn_back() -> None:
    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise OSError("broken")

    turns = Turns(broken, at_work=1, waiting=0, patience=0.01)
    for _ in range(3):
        with pytest.raises(OSError, match="broken"):
            Client(turns).post("/predict")


def test_closing_lets_what_has_come_end_and_refuses_the_rest() -> None:
    slow = Slow()
    turns = Turns(slow, at_work=1, waiting=1)
    client = Client(turns)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/predict")
        slow.begun.acquire()
        closing = pool.submit(turns.close, 60)
        while client.post("/predict").status_code != 503:
            pass
        assert not closing.done()
        slow.go.set()
        closing.result()
        assert first.result().status_code == 200
    assert client.post("/predict").status_code == 503


def test_closing_waits_no_longer_than_it_may() -> None:
    slow = Slow()
    turns = Turns(slow, at_work=1, waiting=0)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Client(turns).post, "/predict")
        slow.begun.acquire()
        turns.close(0.01)
        slow.go.set()
