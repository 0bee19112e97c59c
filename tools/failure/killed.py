"""Kill and pause workers and the whole server under load, on SQLite.

python -m tools.failure.killed [SECONDS]     (default 60)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.failure.clients import hold
from tools.failure.command import alone
from tools.failure.server import Server, wait_until_well

CLIENTS = 16


def faults(server: Server, seconds: float, say: Callable[[str], None]) -> None:
    """Break one thing after another, each at least once, for that long or a little longer."""

    def kill_worker() -> None:
        say("kill -9 a worker")
        server.kill_a_worker()

    def pause_worker() -> None:
        say("pause a worker")
        server.pause_a_worker(1)

    def kill_server() -> None:
        say("kill -9 the server")
        server.kill()
        server.start()

    end = time.monotonic() + seconds
    while True:
        for each in (kill_worker, kill_worker, pause_worker, kill_worker, kill_server):
            wait_until_well(server.port)
            time.sleep(0.5)
            each()
        if time.monotonic() > end:
            return


def run(seconds: float, port: int, folder: Path) -> list[str]:
    """What is wrong after that many seconds of faults."""
    server = Server(port, f"sqlite:///{folder / 'instance/records.sqlite'}", folder)
    return hold(server, CLIENTS, lambda say: faults(server, seconds, say))


if __name__ == "__main__":
    sys.exit(alone(run, seconds=60, port=5190))
