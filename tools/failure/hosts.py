"""Several app hosts behind HAProxy: hosts and Cassandra nodes fail, and requests are sent again to another host.

python -m tools.failure.hosts [SECONDS]     (default 300; three local Cassandra nodes, two servers, HAProxy)

Some clients use the proxy. Others send each request to one host and then again to another, while the first may still
hold it in its outbox, and correct or delete the record at one of them.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.records.ids import new_key
from backend.settings import TOP
from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import History, ask, check, read_back
from tools.failure.clients import DRAWINGS, Client
from tools.failure.command import run_on_nodes
from tools.failure.faults import wait_until_well
from tools.haproxy import BEHIND_PROXY, proxy
from tools.server import Server, family

HOSTS = 2
CLIENTS = 3  # that use the proxy, and as many that send each request to two hosts
QUEUED = 20  # records that are left in the outbox of a host
PAUSE = 0.05  # seconds between two drawings of a client


class TwiceClient(Client):
    """Sends each request to one host and again to another, and then often changes the record at one of them.

    Both responses must have the same id. Some requests are sent a third time after their record was deleted, which
    must not bring it back.
    """

    def __init__(self, hosts: list[Server], history: History, stop: threading.Event) -> None:
        super().__init__(hosts[0].port, history, stop, PAUSE, strict=False)
        self._hosts = hosts

    def _draw(self) -> None:
        key = str(new_key())
        self._history.sent.add(key)
        body = {"image": random.choice(DRAWINGS), "source": "upload", "file_name": key}
        record_id = None
        for host in random.sample(self._hosts, 2):
            self._port = host.port
            status, answer = self._ask("POST", "/predict", body, key)
            if status == 200:
                if record_id not in (None, answer["id"]):
                    self._history.wrong.append(f"key {key} was answered with {record_id}, then with {answer['id']}")
                record_id = self._history.acknowledged[key] = answer["id"]
                self._history.count(f"sent to two hosts: {answer['recorded']}")
        if record_id is not None:
            self._port = random.choice(self._hosts).port
            self._go_on(record_id, stored=False, body=body, key=key)
            if record_id in self._history.deleted and random.random() < 0.5:
                self._ask("POST", "/predict", body, key)


@dataclass
class Queued:
    """A request that a host has queued, and the id that it answered with."""

    key: str
    body: dict[str, Any]
    record_id: str


@dataclass
class Faults:
    """The faults, injected one after the other; each is repaired before the next.

    count: Cassandra nodes. A `long` run leaves time for queues to fill, and kills nodes; a short one only pauses them,
    because a node takes half a minute to start.
    """

    nodes: Nodes
    count: int
    url: str  # RECORDS_URL
    hosts: list[Server]
    folders: list[Path]  # the hosts' instance folders
    history: History
    long: bool

    @property
    def all(self) -> list[Callable[[], None]]:
        away = [self.fail_over_from_a_host_with_an_outbox, self.lose_a_host_with_an_outbox]
        nodes = [self.pause_a_node, self.kill_a_node] if self.long else [self.pause_a_node]
        return [self.kill_hosts, self.pause_a_host, *nodes, *away]

    def inject_all(self) -> None:
        for fault in self.all:
            for host in self.hosts:
                wait_until_well(host.port)
            self._wait(5, 1)
            fault()

    def kill_hosts(self) -> None:
        for number, host in enumerate(self.hosts, 1):
            self._say(f"kill host {number}")
            host.kill()
            self._wait(10, 2)
            host.start()
            host.wait_until_ready()
            self._wait(5, 1)

    def pause_a_host(self) -> None:
        self._say("pause host 2")
        processes = family(self.hosts[1].process.pid)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        self._wait(10, 3)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    def pause_a_node(self) -> None:
        self._signal_nodes(signal.SIGSTOP, self.count)
        self._wait(15, 2)
        self._signal_nodes(signal.SIGCONT, self.count)

    def kill_a_node(self) -> None:
        self._signal_nodes(signal.SIGKILL, self.count)
        time.sleep(15)
        self.nodes.restart(self.count)

    def fail_over_from_a_host_with_an_outbox(self) -> None:
        """Host 1 dies with a full outbox. What it acknowledged is sent again to host 2 and changed there, before host 1
        is back and delivers it."""
        queued = self._queue_at_host_1_and_kill_it()
        self._send_again(queued)
        self._start_host_1()

    def lose_a_host_with_an_outbox(self) -> None:
        """The same, but host 1 never returns: its outbox is delivered from its folder, and a new host replaces it."""
        queued = self._queue_at_host_1_and_kill_it()
        self._send_again(queued[: len(queued) // 2])
        self._say("deliver the outbox of host 1 from its folder")
        lost = self.folders[0].rename(self.folders[0].with_name(f"lost-{time.monotonic_ns()}"))
        command = [sys.executable, "-m", "backend", "records", "deliver", str(lost)]
        environment = {**os.environ, "RECORDS_URL": self.url}
        done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.history.wrong.append(f"records deliver failed: {done.stdout}{done.stderr}")
        self._start_host_1()

    def _start_host_1(self) -> None:
        self._say("start host 1")
        self.hosts[0].start()
        self.hosts[0].wait_until_ready()

    def _queue_at_host_1_and_kill_it(self) -> list[Queued]:
        all_nodes = range(1, self.count + 1)
        self._signal_nodes(signal.SIGKILL if self.long else signal.SIGSTOP, *all_nodes)
        self._wait(10, 1)
        queued = [each for each in (self._queue() for _ in range(QUEUED)) if each is not None]
        self._say(f"kill host 1, which has queued {len(queued)} records and those of the clients")
        self.hosts[0].kill()
        self._wait(5, 1)
        if self.long:
            self.nodes.restart(self.count)
        else:
            self._signal_nodes(signal.SIGCONT, *all_nodes)
        wait_until_well(self.hosts[1].port)
        return queued

    def _queue(self) -> Queued | None:
        """Have host 1 queue a request; None if it doesn't."""
        key = str(new_key())
        body = {"image": random.choice(DRAWINGS), "source": "upload", "file_name": key}
        self.history.sent.add(key)
        status, answer = ask(self.hosts[0].port, "POST", "/predict", body, {"Idempotency-Key": key})
        if status != 200:
            self.history.wrong.append(f"POST /predict was answered {status}: {answer}")
            return None
        self.history.acknowledged[key] = answer["id"]
        return Queued(key, body, answer["id"]) if answer["recorded"] == "queued" else None

    def _send_again(self, queued: list[Queued]) -> None:
        """To host 2, and change some of the records there."""
        port, history = self.hosts[1].port, self.history
        for number, each in enumerate(queued):
            status, answer = ask(port, "POST", "/predict", each.body, {"Idempotency-Key": each.key})
            if (status, answer.get("id")) != (200, each.record_id):
                history.wrong.append(f"key {each.key} was answered with {each.record_id}, then {status}: {answer}")
            elif number % 3 == 1:
                status, _ = ask(port, "PATCH", f"/records/{each.record_id}", {"label": "3"})
                history.labels[each.record_id] = "3" if status == 200 else "?"
            elif number % 3 == 2:
                status, _ = ask(port, "DELETE", f"/records/{each.record_id}")
                history.deleted[each.record_id] = "yes" if status == 204 else "?"
        self._say(f"{len(queued)} of them were sent again to host 2, and some changed there")

    def _signal_nodes(self, number: signal.Signals, *nodes: int) -> None:
        what = {signal.SIGKILL: "kill", signal.SIGSTOP: "pause", signal.SIGCONT: "continue"}[number]
        self._say(f"{what} node {', '.join(map(str, nodes))}")
        for node in nodes:
            self.nodes.signal(node, number)

    def _wait(self, long: float, short: float) -> None:
        time.sleep(long if self.long else short)

    def _say(self, what: str) -> None:
        self.history.say(what)


def run(seconds: float, folder: Path, nodes: Nodes, count: int = 3) -> list[str]:
    """Inject all faults, again and again for that long, on `count` nodes, and return what is wrong afterwards."""
    nodes.need(count)
    url = nodes.new_url(count)
    folders = [folder / f"host{number}" for number in range(1, HOSTS + 1)]
    settings = {"WORKERS": "2", "RECORDS_URL": url, "ACCESS_LOG": "false", **BEHIND_PROXY}
    hosts = [Server(settings | {"INSTANCE": str(each)}, log=each.with_suffix(".log")) for each in folders]
    history, stop = History(), threading.Event()
    with ExitStack() as running:
        for host in hosts:
            running.enter_context(host)
        front = running.enter_context(proxy([host.port for host in hosts], folder))
        clients: list[Client] = [Client(front.port, history, stop, PAUSE, strict=False) for _ in range(CLIENTS)]
        clients += [TwiceClient(hosts, history, stop) for _ in range(CLIENTS)]
        try:
            for client in clients:
                client.start()
            faults = Faults(nodes, count, url, hosts, folders, history, long=seconds >= 300)
            faults.inject_all()
            while time.monotonic() < history.began + seconds:
                faults.inject_all()
        finally:
            stop.set()
        for client in clients:
            client.join()
        history.say("the clients stop; the records are read at each host when its queue is empty")
        read_at_each(hosts, history)
    history.wrong += check(history)
    history.print()
    drop(url)
    return history.wrong


def read_at_each(hosts: list[Server], history: History) -> None:
    """Read all records when all outboxes are empty. Every host must have the same."""
    for host in hosts:
        read_back(host.port)
    history.records, *others = (read_back(host.port) for host in hosts)
    for number, records in enumerate(others, 2):
        if records != history.records:
            history.wrong.append(f"host {number} has {len(records)} records, host 1 other {len(history.records)}")


if __name__ == "__main__":
    run_on_nodes(run, default=300)
