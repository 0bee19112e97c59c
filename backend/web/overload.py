"""What happens when more drawings come than can be read: some wait a little, the rest are refused at once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from backend.web.errors import problem_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 0.9  # seconds that a request waits for its turn; with its own work that stays below one


class Turns:
    """A WSGI application that lets `at_work` POST requests at a time through to another one.

    `waiting` more wait for their turn. Who finds no place, or waits longer than `patience` seconds,
    is answered 503 with Retry-After. Whatever isn't POST is light, and goes through.
    """

    def __init__(self, application: WSGIApplication, at_work: int, waiting: int, patience: float = PATIENCE) -> None:
        self._application = application
        self._patience = patience
        self._all = at_work + waiting
        self._turns = _tokens(at_work)
        self._places = _tokens(at_work + waiting)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self._application(environ, start_response)
        try:
            self._places.get_nowait()
        except Empty:
            return _refuse(environ, start_response)
        try:
            self._turns.get(timeout=self._patience)
        except Empty:
            return _refuse(environ, start_response)
        else:
            try:
                return self._application(environ, start_response)
            finally:
                self._turns.put(None)
        finally:
            self._places.put(None)

    def close(self, timeout: float) -> None:
        """Refuse what comes from now on, and wait until what had come is answered, at most `timeout` seconds."""
        end = time.monotonic() + timeout
        with suppress(Empty):
            for _ in range(self._all):
                self._places.get(timeout=max(0.0, end - time.monotonic()))


def _tokens(count: int) -> SimpleQueue[None]:
    queue: SimpleQueue[None] = SimpleQueue()
    for _ in range(count):
        queue.put(None)
    return queue


def _refuse(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    answer = problem_answer(503, "overloaded", "More drawings come in than can be read; try again in a second.")
    answer.headers["Retry-After"] = "1"
    return answer(environ, start_response)
