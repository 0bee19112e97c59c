"""A server that is killed, paused, and whose disk can be filled."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from backend.settings import TOP
from tools.failure.checker import ask
from tools.processes import workers_of


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
        workers = workers_of(self._process)
        if workers:
            os.kill(random.choice(workers), signal.SIGKILL)

    def pause_a_worker(self, seconds: float) -> None:
        """Stop one worker for that long, wherever it is: it may hold the file's lock."""
        workers = workers_of(self._process)
        if workers:
            paused = random.choice(workers)
            os.kill(paused, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(paused, signal.SIGCONT)

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


def wait_until_well(port: int) -> None:
    """Until records are stored again, at most half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            if ask(port, "GET", "/health/ready")[0] == 200:
                return
        time.sleep(0.2)
