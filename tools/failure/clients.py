"""Clients that predict, correct and delete while something else breaks the system."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from backend.records.ids import new_key
from tools.drawings import as_data_url, as_file, draw
from tools.failure.checker import History, ask, check, read_back
from tools.server import Server

TRIES = 3  # with the same idempotency key
DRAWINGS = [as_data_url(as_file(draw(digit))) for digit in range(10)]


class Client(threading.Thread):
    """Sends drawings, each until it is acknowledged or given up; corrects some records, deletes others, and sends some
    requests again, which must be answered with the same id.

    A strict client expects that the server itself never fails: every request must be answered, none with 503.
    """

    def __init__(self, port: int, history: History, stop: threading.Event, pause: float, strict: bool) -> None:
        super().__init__(daemon=True)
        self._port, self._history, self._stopping = port, history, stop
        self._pause, self._strict = pause, strict

    def run(self) -> None:
        while not self._stopping.wait(self._pause):
            self._draw()

    def _draw(self) -> None:
        key = str(new_key())
        self._history.sent.add(key)
        body = {"image": random.choice(DRAWINGS), "source": "upload", "file_name": key}
        for _ in range(TRIES):
            status, answer = self._ask("POST", "/predict", body, key)
            if status == 200:
                self._history.acknowledged[key] = answer["id"]
                self._history.count(answer["recorded"])
                self._go_on(answer["id"], answer["recorded"] == "stored", body, key)
                return
            time.sleep(0.1)

    def _go_on(self, record_id: str, stored: bool, body: object, key: str) -> None:
        path, chance, history = f"/records/{record_id}", random.random(), self._history
        if chance < 0.05:
            status, answer = self._ask("POST", "/predict", body, key)
            if status == 200 and answer["id"] != record_id:
                history.wrong.append(f"key {key} was answered with {record_id}, then with {answer}")
        elif chance < 0.1:
            status, _ = self._ask("GET", path)
            if status == 404 and stored:
                history.wrong.append(f"{record_id} was stored, but was not readable at once")
        elif chance < 0.15:
            label = random.choice("0123456789")
            status, _ = self._ask("PATCH", path, {"label": label})
            history.labels[record_id] = label if status == 200 else "?"
        elif chance < 0.2:
            status, _ = self._ask("DELETE", path)
            history.deleted[record_id] = "yes" if status == 204 else "?"

    def _ask(self, method: str, path: str, body: object = None, key: str | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the response; 0 if there was none."""
        began = time.monotonic()
        try:
            status, answer = ask(self._port, method, path, body, {"Idempotency-Key": key} if key else None)
        except (OSError, HTTPException) as error:
            self._history.count(f"{method}: {type(error).__name__}")
            if self._strict:
                self._history.wrong.append(f"{method} {path}: {type(error).__name__}: {error}")
            return 0, {}
        finally:
            self._history.slowest = max(self._history.slowest, time.monotonic() - began)
        self._history.count(f"{method} {status}")
        if status not in (200, 204, 404) and (status not in (502, 503, 504) or self._strict):  # 502 and 504: of a proxy
            self._history.wrong.append(f"{method} {path} was answered {status}: {answer}")
        return status, answer


def run_clients(
    server: Server,
    inject: Callable[[History], None],
    *,
    clients: int = 1,
    pause: float = 0.05,
    strict: bool = False,
) -> History:
    """What `clients` clients saw while `inject` injected faults, and what is wrong with the records afterwards.

    Starts and stops the server. `pause` is the time in seconds between two drawings of a client.
    """
    history, stop = History(), threading.Event()
    threads = [Client(server.port, history, stop, pause, strict) for _ in range(clients)]
    with server:
        try:
            for thread in threads:
                thread.start()
            inject(history)
        finally:
            stop.set()
        for thread in threads:
            thread.join()
        history.say("the clients stop; the records are read when the queue is empty")
        history.records = read_back(server.port)
    history.wrong += check(history)
    history.print()
    return history
