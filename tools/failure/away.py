"""Cassandra comes after the application, and then is away for an hour; what it missed must be there afterwards.

    python -m tools.failure.away [SECONDS]     (default 3600; one local Cassandra node, one server)

Two predictions a second all the while. Every answer must be a 200, every acknowledged id must be there
exactly once in the end, and a key that is sent again must be answered with the same id.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from backend.settings import TOP
from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import History, ask, check, read_back
from tools.failure.clients import DRAWINGS
from tools.failure.command import on_nodes

EVERY = 0.5  # seconds between two drawings
SAY_EVERY = 600  # seconds
AROUND = 20.0  # seconds before Cassandra's first start, and between its start and its end


class Visitor(threading.Thread):
    """Draws at an even pace; sends one in ten again with its key, corrects some, deletes some, loads the page."""

    def __init__(self, port: int, history: History) -> None:
        super().__init__(daemon=True)
        self._port, self._history = port, history
        self.stopping = threading.Event()
        self.phase = ""

    def run(self) -> None:
        due = time.monotonic()
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            due += EVERY
            began = time.monotonic()
            try:
                self._draw()
            except OSError as error:
                self._history.wrong.append(f"{self.phase}: {type(error).__name__}: {error}")
            self._history.slowest = max(self._history.slowest, time.monotonic() - began)

    def _draw(self) -> None:
        key, history, chance = secrets.token_hex(8), self._history, random.random()
        history.asked.add(key)
        body = {"image": random.choice(DRAWINGS), "source": "upload", "file_name": key}
        status, answer = ask(self._port, "POST", "/predict", body, {"Idempotency-Key": key})
        if status != 200:
            history.wrong.append(f"{self.phase}: a drawing was answered {status}: {answer}")
            return
        history.acknowledged[key] = record_id = answer["id"]
        history.answers[f"{self.phase}: {answer['recorded']}"] += 1
        if chance < 0.1:
            _, again = ask(self._port, "POST", "/predict", body, {"Idempotency-Key": key})
            if again.get("id") != record_id:
                history.wrong.append(f"{self.phase}: key {key} was {record_id}, then {again}")
        elif chance < 0.15:
            label = random.choice("0123456789")
            status, _ = ask(self._port, "PATCH", f"/records/{record_id}", {"label": label})
            history.labels[record_id] = label if status == 200 else "?"
            history.answers[f"{self.phase}: correction {status}"] += 1
        elif chance < 0.2:
            status, _ = ask(self._port, "DELETE", f"/records/{record_id}")
            history.deleted[record_id] = "yes" if status == 204 else "?"
            history.answers[f"{self.phase}: deletion {status}"] += 1


def start_server(port: int, url: str, folder: Path) -> subprocess.Popen[bytes]:
    setting = {"PORT": str(port), "WORKERS": "2", "RECORDS_URL": url, "INSTANCE": str(folder), "ACCESS_LOG": "false"}
    server = subprocess.Popen([sys.executable, "-m", "backend"], cwd=TOP, env={**os.environ, **setting})
    for _ in range(300):
        with suppress(OSError):
            ask(port, "GET", "/health/live")
            return server
        time.sleep(0.1)
    raise TimeoutError("The server didn't start in 30 s.")


def run(seconds: float, port: int, folder: Path, nodes: Nodes) -> list[str]:
    """What is wrong after Cassandra was away for that long."""
    url, history = nodes.new_url(1), History()

    def say(what: str) -> None:
        state = ask(port, "GET", "/health/ready")[1]["recorder"]
        history.say(f"{what}: {json.dumps(state)}")

    server = start_server(port, url, folder)
    visitor = Visitor(port, history)
    try:
        visitor.phase = "before Cassandra's first start"
        visitor.start()
        time.sleep(AROUND)
        say("the application runs, Cassandra was never there")
        visitor.phase = "with Cassandra"
        nodes.need(1)
        time.sleep(AROUND)
        say("Cassandra was started")
        visitor.phase = "Cassandra away"
        nodes.signal(1, signal.SIGKILL)
        gone = time.monotonic()
        while (left := gone + seconds - time.monotonic()) > 0:
            time.sleep(min(left, SAY_EVERY))
            say(f"Cassandra is away for {(time.monotonic() - gone) / 60:.0f} min")
        visitor.phase = "Cassandra back"
        nodes.restart(1)
        back = time.monotonic()
        say("Cassandra is back")
        while ask(port, "GET", "/health/ready")[1]["recorder"]["queued"] and time.monotonic() < back + 600:
            time.sleep(0.2)
        say(f"{time.monotonic() - back:.0f} s later")
        visitor.stopping.set()
        visitor.join()
        records = read_back(port)
    finally:
        visitor.stopping.set()
        server.terminate()
        server.wait()
    wrong = check(history, records)
    print(f"{len(history.acknowledged)} drawings acknowledged, {len(records)} records read back, ", end="")
    print(f"{len(history.deleted)} deleted, {len(history.labels)} corrected; slowest answer {history.slowest:.2f} s")
    print("\n".join(f"  {what}: {count}" for what, count in history.answers.items()))
    print(f"{len(wrong)} wrong" if wrong else "Nothing is wrong.")
    drop(url)
    return wrong


if __name__ == "__main__":
    sys.exit(on_nodes(run, seconds=3600, port=5191))
