"""The faults that the runs inject into a server and its disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from tools.failure.checker import ask
from tools.server import Server


def build(folder: Path) -> Path:
    """Compile faults.c into a library to be preloaded; needs a C compiler."""
    library = folder / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


class FullDisk:
    """Makes writes to files under `folder / "instance"` fail as on a full disk, between `fill` and `free`."""

    def __init__(self, folder: Path) -> None:
        self._full = folder / "full"
        self.environment = {
            "LD_PRELOAD": str(build(folder)),
            "FAULT_FOLDER": str(folder / "instance"),
            "FAULT_FULL": str(self._full),
        }

    def fill(self) -> None:
        self._full.touch()

    def free(self) -> None:
        self._full.unlink()


def kill_worker(server: Server) -> None:
    """Kill a random worker."""
    signal_worker(server, signal.SIGKILL)


def pause_worker(server: Server, seconds: float) -> None:
    """Stop a random worker wherever it is: it may hold the lock of a file."""
    paused = signal_worker(server, signal.SIGSTOP)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(paused, signal.SIGCONT)


def signal_worker(server: Server, number: signal.Signals) -> int:
    """Send a signal to a random worker. Returns its process id; raises TimeoutError if no worker starts."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if workers := server.workers:
            worker = random.choice(workers)
            with suppress(ProcessLookupError):
                os.kill(worker, number)
                return worker
        time.sleep(0.05)
    raise TimeoutError("The server has had no worker for 30 s.")


def wait_until_well(port: int) -> None:
    """Wait until the server is ready, for half a minute at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError, HTTPException):
            if ask(port, "GET", "/health/ready")[0] == 200:
                return
        time.sleep(0.2)
