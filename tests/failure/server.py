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
from tests.failure.checker import ask
from tests.processes import workers_of, writer_of


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

    def signal_writer(self, number: signal.Signals) -> int:
        """To the process that writes for all workers; its number."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            writer = writer_of(self._process)
            if writer is not None:
                with suppress(ProcessLookupError):  # it has just ended; another one is begun
                    os.kill(writer, number)
                    return writer
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


def wait_until_well(port: int) -> None:
    """Until records are stored again, at most half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            if ask(port, "GET", "/health/ready")[0] == 200:
                return
        time.sleep(0.2)
