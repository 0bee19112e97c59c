"""Cassandra starts after the application, and is later away for an hour; nothing may be lost or doubled.

python -m tools.failure.away [SECONDS]     (default 3600; one local Cassandra node, one server)

A client predicts twice a second all the time, and every request must be answered with success.
"""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import History, ask
from tools.failure.clients import run_clients
from tools.failure.command import run_on_nodes
from tools.server import Server

REPORT_EVERY = 600  # seconds
AROUND = 20.0  # seconds before the first start of Cassandra, and between its start and its end


def run(seconds: float, folder: Path, nodes: Nodes) -> list[str]:
    """Let Cassandra be away for that long, and return what is wrong afterwards."""
    url = nodes.new_url(1)
    server = Server({"WORKERS": "2", "RECORDS_URL": url, "INSTANCE": str(folder), "ACCESS_LOG": "false"})

    def inject(history: History) -> None:
        def recorder() -> dict[str, object]:
            state: dict[str, object] = ask(server.port, "GET", "/health/ready")[1]["recorder"]
            return state

        def enter(phase: str) -> None:
            history.phase = phase
            history.say(f"{phase}: {json.dumps(recorder())}")

        enter("before Cassandra's first start")
        time.sleep(AROUND)
        nodes.need(1)
        enter("with Cassandra")
        time.sleep(AROUND)
        nodes.signal(1, signal.SIGKILL)
        gone = time.monotonic()
        while (left := gone + seconds - time.monotonic()) > 0:
            enter("without Cassandra")
            time.sleep(min(left, REPORT_EVERY))
        nodes.restart(1)
        enter("with Cassandra again")
        back = time.monotonic()
        while recorder()["queued"] and time.monotonic() < back + 600:
            time.sleep(0.2)
        history.say(f"the queue was empty {time.monotonic() - back:.0f} s later")

    history = run_clients(server, inject, pause=0.5, strict=True)
    drop(url)
    return history.wrong


if __name__ == "__main__":
    run_on_nodes(run, default=3600)
