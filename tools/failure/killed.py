"""Kills and pauses workers and the whole server under load, on SQLite.

python -m tools.failure.killed [SECONDS]     (default 60)
"""

from __future__ import annotations

import time
from pathlib import Path

from tools.failure.checker import History
from tools.failure.clients import run_clients
from tools.failure.command import run_alone
from tools.failure.faults import kill_worker, pause_worker, wait_until_well
from tools.server import Server

CLIENTS = 16


def run(seconds: float, folder: Path) -> list[str]:
    """Inject the faults in turn, all of them at least once, and return what is wrong afterwards."""
    server = Server({"WORKERS": "2", "INSTANCE": str(folder), "ACCESS_LOG": "false"}, log=folder / "server.log")

    def inject(history: History) -> None:
        while True:
            for fault in ("kill a worker", "kill a worker", "pause a worker", "kill a worker", "kill the server"):
                wait_until_well(server.port)
                time.sleep(0.5)
                history.say(fault)
                if fault == "kill a worker":
                    kill_worker(server)
                elif fault == "pause a worker":
                    pause_worker(server, seconds=1)
                else:
                    server.kill()
                    server.start()
            if time.monotonic() > history.began + seconds:
                return

    return run_clients(server, inject, clients=CLIENTS).wrong


if __name__ == "__main__":
    run_alone(run, default=60)
