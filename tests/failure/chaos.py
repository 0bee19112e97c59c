"""A checker in Jepsen's manner: clients predict while everything else is killed, then all is read back.

    python -m tests.failure.chaos [SECONDS]     (default 600; three local Cassandra nodes, one server)

Every acknowledged id must be there exactly once, every drawing whose answer was never heard at most
once, what is answered as "stored" at once readable, and no answer may be a 500.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.settings import TOP
from tests.drawings import as_data_url, as_file, draw
from tests.records.nodes import Nodes, drop

CLIENTS = 4
TRIES = 3  # with the same key
DRAWINGS = [as_data_url(as_file(draw(digit))) for digit in range(10)]


@dataclass
class History:
    """What the clients heard. A record's file name is its idempotency key."""

    began: float = field(default_factory=time.monotonic)
    asked: set[str] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)  # id by key
    labels: dict[str, str] = field(default_factory=dict)  # by id; "?": the answer was not heard
    deleted: dict[str, str] = field(default_factory=dict)  # by id: "yes", or "?"
    leads_to: dict[str, str] = field(default_factory=dict)  # by id: the record that it leads to, where not its own
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def say(self, what: str) -> None:
        self.faults.append(f"{time.monotonic() - self.began:6.1f} s  {what}")
        print(self.faults[-1], flush=True)


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


def ask(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(
            method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", **(headers or {})}
        )
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


class Server:
    """A server of two workers whose disk can be filled."""

    def __init__(self, port: int, url: str, folder: Path) -> None:
        self.port = port
        self._full = folder / "full"
        shim = folder / "faults.so"
        source = Path(__file__).with_name("faults.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
        self._environment = {
            **os.environ,
            **{"PORT": str(port), "WORKERS": "2", "RECORDS_URL": url, "INSTANCE": str(folder / "instance")},
            **{"LD_PRELOAD": str(shim), "FAULT_FOLDER": str(folder / "instance"), "FAULT_FULL": str(self._full)},
            "ACCESS_LOG": "false",
        }
        self._log = open(folder / "server.log", "ab")  # noqa: SIM115 - as long as the server
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend"], cwd=TOP, env=self._environment, stdout=self._log, stderr=self._log
        )

    def kill_a_worker(self) -> None:
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        workers = [each for each in children if b"resource_tracker" not in Path(f"/proc/{each}/cmdline").read_bytes()]
        if workers:
            os.kill(int(random.choice(workers)), signal.SIGKILL)

    def signal_writer(self, number: signal.Signals) -> int:
        """To the process that writes for all workers; its number."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            tasks = Path(f"/proc/{self._process.pid}/task").iterdir()  # it is begun by another thread than they are
            for child in (child for task in tasks for child in (task / "children").read_text().split()):
                with suppress(OSError):
                    if Path(f"/proc/{child}/comm").read_text() == "digitpad write\n":
                        os.kill(int(child), number)
                        return int(child)
            time.sleep(0.05)
        raise TimeoutError("The server has no process that writes.")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def fill_disk(self) -> None:
        self._full.touch()

    def free_disk(self) -> None:
        self._full.unlink()


def faults(nodes: Nodes, server: Server, seconds: float, say: Callable[[str], None]) -> None:
    """Break one thing after another, each at least once, for that long or a little longer, each mended
    before the next; at the end all is well."""
    long = seconds >= 300
    end = time.monotonic() + seconds

    def kill_workers() -> None:
        say("kill -9 a worker, three times")
        for _ in range(3):
            server.kill_a_worker()
            time.sleep(1)

    def pause_a_node() -> None:
        say("pause node 2")
        nodes.signal(2, signal.SIGSTOP)
        time.sleep(20 if long else 4)
        nodes.signal(2, signal.SIGCONT)

    def kill_nodes(*which: int, for_seconds: float) -> None:
        say(f"kill -9 node {', '.join(map(str, which))}")
        for node in which:
            nodes.signal(node, signal.SIGKILL)
        time.sleep(for_seconds)
        nodes.restart()
        say("all nodes are back")

    def kill_all_and_fill_the_disk() -> None:
        say("kill -9 all nodes")
        for node in (1, 2, 3):
            nodes.signal(node, signal.SIGKILL)
        time.sleep(20 if long else 3)
        say("the outbox's disk is full")
        server.fill_disk()
        time.sleep(15 if long else 3)
        server.kill_a_worker()
        server.free_disk()
        say("the outbox's disk has room; a worker was killed")
        time.sleep(25 if long else 1)
        nodes.restart()
        say("all nodes are back")

    def restart_everything() -> None:
        say("kill -9 the server and all nodes")
        server.kill()
        for node in (1, 2, 3):
            nodes.signal(node, signal.SIGKILL)
        time.sleep(2)
        server.start()  # before Cassandra
        time.sleep(10 if long else 2)
        nodes.restart()
        say("all is back")

    rounds: list[Callable[[], None]] = [
        kill_workers,
        pause_a_node,
        lambda: kill_nodes(3, for_seconds=15 if long else 2),
        lambda: kill_nodes(1, 2, for_seconds=20 if long else 2),
        kill_all_and_fill_the_disk,
        restart_everything,
    ]
    while True:
        for each in rounds:
            wait_until_well(server.port)
            time.sleep(5 if long else 2)
            each()
        if time.monotonic() > end:
            return


def wait_until_well(port: int) -> None:
    """Until records are stored again, at most half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            if ask(port, "GET", "/health/ready")[0] == 200:
                return
        time.sleep(0.2)


def read_back(port: int) -> list[dict[str, Any]]:
    """Every record, by pages, once nothing is queued any more."""
    least, end = sys.maxsize, time.monotonic() + 300
    while least > 0:
        state: dict[str, Any] = {}
        with suppress(OSError, http.client.HTTPException):
            state = ask(port, "GET", "/health/ready")[1].get("recorder", {})
        if state.get("ok") and state["queued"] < least:
            least, end = state["queued"], time.monotonic() + 300
        if time.monotonic() > end:
            raise TimeoutError(f"Nothing was delivered for five minutes: {state}")
        time.sleep(0.5)
    records: list[dict[str, Any]] = []
    before = ""
    while True:
        status, page = ask(port, "GET", f"/records?limit=500{before}")
        if status != 200:
            raise OSError(f"A page was answered {status}: {page}")
        records += page["records"]
        if page["next"] is None:
            return records
        before = f"&before={page['next']}"


def follow(port: int, history: History, records: list[dict[str, Any]]) -> None:
    """Ask for what was acknowledged and isn't listed: an id may lead to the record of an earlier try."""
    listed = {each["id"] for each in records}
    for record_id in history.acknowledged.values():
        if record_id not in listed:
            status, answer = ask(port, "GET", f"/records/{record_id}")
            if status == 200:
                history.leads_to[record_id] = answer["id"]


def check(history: History, records: list[dict[str, Any]]) -> list[str]:
    """What is wrong, in sentences; nothing where all is as promised."""
    wrong = list(history.wrong)
    by_id = Counter(each["id"] for each in records)
    by_key = Counter(each["file_name"] for each in records)
    wrong += [f"{each} is there {count} times" for each, count in by_id.items() if count > 1]
    for key, record_id in history.acknowledged.items():
        there = by_id[history.leads_to.get(record_id, record_id)] > 0
        if not there and record_id not in history.deleted:
            wrong.append(f"{record_id} was acknowledged and is lost")
        if by_key[key] and history.deleted.get(record_id) == "yes":
            wrong.append(f"{record_id} was deleted and is there")
        if by_key[key] > 1:
            wrong.append(f"one drawing, key {key}, is there {by_key[key]} times")
    unheard = history.asked - set(history.acknowledged)
    wrong += [f"unacknowledged {key} is there {by_key[key]} times" for key in unheard if by_key[key] > 1]
    labels = {history.leads_to.get(record_id, record_id): label for record_id, label in history.labels.items()}
    for each in records:
        label = labels.get(each["id"])
        if label not in (None, "?") and each["label"] != label:
            wrong.append(f"{each['id']} was labelled {label} and reads {each['label']}")
    return wrong


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


def run(seconds: float, port: int, folder: Path, nodes: Nodes) -> list[str]:
    """What is wrong after that many seconds of faults."""
    nodes.need(3)
    url = nodes.new_url(3)
    server = Server(port, url, folder)
    wrong = hold(server, CLIENTS, lambda say: faults(nodes, server, seconds, say))
    drop(url)
    return wrong


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    nodes = Nodes()
    try:
        with tempfile.TemporaryDirectory() as folder:
            wrong = run(seconds, int(os.environ.get("PORT", "5190")), Path(folder), nodes)
    finally:
        nodes.stop()
    for each in wrong[:20]:
        print(each)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
