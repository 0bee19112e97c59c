"""Clients that predict without end while something else breaks things."""

from __future__ import annotations

import http.client
import random
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from tools.drawings import as_data_url, as_file, draw
from tools.failure.checker import History, ask, check, follow, read_back
from tools.failure.server import Server

TRIES = 3  # with the same key
DRAWINGS = [as_data_url(as_file(draw(digit))) for digit in range(10)]


class Client(threading.Thread):
    """Predicts without end, each drawing until it is acknowledged or given up; corrects and deletes some."""

    def __init__(self, port: int, history: History, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._history, self._stopping = port, history, stop

    def run(self) -> None:
        while not self._stopping.is_set():
            key = secrets.token_hex(8)
            self._history.asked.add(key)
            body = {"image": random.choice(DRAWINGS), "source": "upload", "file_name": key}
            for _ in range(TRIES):
                status, answer = self._ask("POST", "/predict", body, {"Idempotency-Key": key})
                if status == 200:
                    self._history.acknowledged[key] = answer["id"]
                    self._history.answers[answer["recorded"]] += 1
                    self._go_on(answer["id"], answer["recorded"])
                    break
                time.sleep(0.1)
            time.sleep(0.05)

    def _go_on(self, record_id: str, recorded: str) -> None:
        path, chance = f"/records/{record_id}", random.random()
        if chance < 0.1:
            status, _ = self._ask("GET", path)
            if status == 404 and recorded == "stored":
                self._history.wrong.append(f"{record_id} was stored, and not readable at once")
        elif chance < 0.15:
            label = random.choice("0123456789")
            status, _ = self._ask("PATCH", path, {"label": label})
            self._history.labels[record_id] = label if status == 200 else "?"
        elif chance < 0.2:
            status, _ = self._ask("DELETE", path)
            self._history.deleted[record_id] = "yes" if status == 204 else "?"

    def _ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON; 0 where no answer came."""
        began = time.monotonic()
        try:
            status, answer = ask(self._port, method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._history.answers[f"{method}: {type(error).__name__}"] += 1
            return 0, {}
        finally:
            self._history.slowest = max(self._history.slowest, time.monotonic() - began)
        self._history.answers[f"{method} {status}"] += 1
        if status not in (200, 204, 404, 503):
            self._history.wrong.append(f"{method} {path} was answered {status}: {answer}")
        return status, answer


def hold(server: Server, count: int, break_things: Callable[[Callable[[str], None]], None]) -> list[str]:
    """What is wrong after `count` clients have predicted while things were broken. break_things: takes what says so."""
    history, stop = History(), threading.Event()
    clients = [Client(server.port, history, stop) for _ in range(count)]
    try:
        for client in clients:
            client.start()
        break_things(history.say)
        stop.set()
        for client in clients:
            client.join()
        history.say("the clients stop; everything is read back when nothing is queued")
        records = read_back(server.port)
        follow(server.port, history, records)
    finally:
        stop.set()
        server.stop()
    wrong = check(history, records)
    print(f"{len(history.asked)} drawings, {len(history.acknowledged)} acknowledged, {len(records)} records read back,")
    print(
        f"{len(history.deleted)} deletions, {len(history.labels)} corrections; slowest answer {history.slowest:.1f} s"
    )
    print("answers:", ", ".join(f"{what}: {count}" for what, count in sorted(history.answers.items())))
    print(f"{len(wrong)} wrong" if wrong else "Nothing is wrong.")
    return wrong
