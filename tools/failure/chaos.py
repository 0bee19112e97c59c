"""In Jepsen's manner: clients predict while everything else is killed, then all is read back, see checker.py.

python -m tools.failure.chaos [SECONDS]     (default 600; three local Cassandra nodes, one server)
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.cassandra_nodes import Nodes, drop
from tools.failure.clients import hold
from tools.failure.command import on_nodes
from tools.failure.server import Server, wait_until_well

CLIENTS = 4


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


def run(seconds: float, port: int, folder: Path, nodes: Nodes) -> list[str]:
    """What is wrong after that many seconds of faults."""
    nodes.need(3)
    url = nodes.new_url(3)
    server = Server(port, url, folder)
    wrong = hold(server, CLIENTS, lambda say: faults(nodes, server, seconds, say))
    drop(url)
    return wrong


if __name__ == "__main__":
    sys.exit(on_nodes(run, seconds=600, port=5190))
