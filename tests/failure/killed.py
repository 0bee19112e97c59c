"""As chaos.py, on SQLite: workers, the process that writes for them and the whole server are killed under load.

python -m tests.failure.killed [SECONDS]     (default 60)
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.failure.clients import hold
from tests.failure.command import alone
from tests.failure.server import Server, wait_until_well

CLIENTS = 16


def faults(server: Server, seconds: float, say: Callable[[str], None]) -> None:
    """Break one thing after another, each at least once, for that long or a little longer."""

    def kill_worker() -> None:
        say("kill -9 a worker")
        server.kill_a_worker()

    def kill_writer() -> None:
        say(f"kill -9 the writer, process {server.signal_writer(signal.SIGKILL)}")

    def pause_writer() -> None:
        paused = server.signal_writer(signal.SIGSTOP)
        say(f"pause the writer, process {paused}")
        time.sleep(1)
        os.kill(paused, signal.SIGCONT)

    def kill_server() -> None:
        say("kill -9 the server")
        server.kill()
        server.start()

    end = time.monotonic() + seconds
    while True:
        for each in (kill_worker, kill_writer, kill_writer, pause_writer, kill_writer, kill_server):
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
