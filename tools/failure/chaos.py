"""In the manner of Jepsen: clients predict while workers, nodes and disks fail; checker.py examines the result.

python -m tools.failure.chaos [SECONDS]     (default 600; three local Cassandra nodes, one server)
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import History
from tools.failure.clients import run_clients
from tools.failure.command import run_on_nodes
from tools.failure.faults import FullDisk, kill_worker, wait_until_well
from tools.server import Server

CLIENTS = 4
ALL_NODES = (1, 2, 3)


class Chaos:
    """The faults, injected one after the other; each is repaired before the next. `long` runs leave time for queues
    to fill and for timeouts."""

    def __init__(self, nodes: Nodes, server: Server, disk: FullDisk, history: History, long: bool) -> None:
        self._nodes, self._server, self._disk, self._history, self._long = nodes, server, disk, history, long
        self.faults: list[Callable[[], None]] = [
            self.kill_workers,
            self.pause_a_node,
            lambda: self.kill_nodes((3,), 15 if long else 2),
            lambda: self.kill_nodes((1, 2), 20 if long else 2),
            self.kill_all_nodes_and_fill_the_disk,
            self.kill_everything,
        ]

    def inject_all(self) -> None:
        for fault in self.faults:
            wait_until_well(self._server.port)
            time.sleep(5 if self._long else 2)
            fault()

    def kill_workers(self) -> None:
        self._history.say("kill a worker, three times")
        for _ in range(3):
            kill_worker(self._server)
            time.sleep(1)

    def pause_a_node(self) -> None:
        self._history.say("pause node 2")
        self._nodes.signal(2, signal.SIGSTOP)
        time.sleep(20 if self._long else 4)
        self._nodes.signal(2, signal.SIGCONT)

    def kill_nodes(self, nodes: tuple[int, ...], seconds: float) -> None:
        self._kill(*nodes)
        time.sleep(seconds)
        self._restart_nodes()

    def kill_all_nodes_and_fill_the_disk(self) -> None:
        self._kill(*ALL_NODES)
        time.sleep(20 if self._long else 3)
        self._history.say("fill the disk of the outbox")
        self._disk.fill()
        time.sleep(15 if self._long else 3)
        kill_worker(self._server)
        self._disk.free()
        self._history.say("a worker was killed, and the disk has room again")
        time.sleep(25 if self._long else 1)
        self._restart_nodes()

    def kill_everything(self) -> None:
        self._history.say("kill the server")
        self._server.kill()
        self._kill(*ALL_NODES)
        time.sleep(2)
        self._server.start()  # before Cassandra
        time.sleep(10 if self._long else 2)
        self._restart_nodes()

    def _kill(self, *nodes: int) -> None:
        self._history.say(f"kill node {', '.join(map(str, nodes))}")
        for node in nodes:
            self._nodes.signal(node, signal.SIGKILL)

    def _restart_nodes(self) -> None:
        self._nodes.restart()
        self._history.say("all nodes are back")


def run(seconds: float, folder: Path, nodes: Nodes) -> list[str]:
    """Inject all faults, again and again for that long, and return what is wrong afterwards."""
    nodes.need(3)
    url, disk = nodes.new_url(3), FullDisk(folder)
    settings = {"WORKERS": "2", "RECORDS_URL": url, "INSTANCE": str(folder / "instance"), "ACCESS_LOG": "false"}
    server = Server(settings | disk.environment, log=folder / "server.log")

    def inject(history: History) -> None:
        chaos = Chaos(nodes, server, disk, history, long=seconds >= 300)
        chaos.inject_all()
        while time.monotonic() < history.began + seconds:
            chaos.inject_all()

    history = run_clients(server, inject, clients=CLIENTS)
    drop(url)
    return history.wrong


if __name__ == "__main__":
    run_on_nodes(run, default=600)
