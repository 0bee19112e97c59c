"""Starting and stopping a server: Digitpad, or another one to compare it with."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Self

from backend.settings import TOP

DIGITPAD = (sys.executable, "-m", "backend")
LIVE = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
START_TIMEOUT = 120.0  # seconds; generous, because a busy machine is not a failure
STOP_TIMEOUT = 20.0


class Server:
    """A server on a free port of 127.0.0.1, which its command finds in PORT.

    Used as a context manager, it is started, awaited and finally stopped. `probe` is the raw HTTP request that it
    answers with `success` when it is ready. Its output goes to `log`, or where ours goes.
    """

    process: subprocess.Popen[bytes]
    start_seconds: float  # from exec to the first answer

    def __init__(
        self,
        environment: Mapping[str, str],
        command: Sequence[str | Path] = DIGITPAD,
        folder: Path = TOP,
        probe: bytes = LIVE,
        log: Path | None = None,
        success: bytes = b"HTTP/1.1 200",
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **environment, "PORT": str(self.port)}
        self._command, self._folder, self._probe, self._log = command, folder, probe, log
        self._success = success

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._started = time.perf_counter()
        with self._log.open("ab") if self._log else nullcontext() as output:
            self.process = subprocess.Popen(
                [str(part) for part in self._command],
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Raises RuntimeError if the server ends or does not answer in time."""
        name = " ".join(map(str, self._command))
        where = f"; see {self._log}" if self._log else ""
        while not _answers(self.port, self._probe, self._success):
            if self.process.poll() is not None:
                raise RuntimeError(f"{name} ended with status {self.process.returncode} before it answered{where}.")
            if time.perf_counter() > self._started + START_TIMEOUT:
                raise RuntimeError(f"{name} did not answer within {START_TIMEOUT:.0f} s{where}.")
            time.sleep(0.005)
        self.start_seconds = time.perf_counter() - self._started

    def stop(self) -> None:
        """Stop it with SIGTERM. Raises RuntimeError if that takes too long, and kills it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"The server on port {self.port} did not stop within {STOP_TIMEOUT:.0f} s.") from None

    def kill(self) -> None:
        """Kill it with SIGKILL; its workers notice by themselves."""
        self.process.kill()
        self.process.wait()

    @property
    def workers(self) -> list[int]:
        """Process ids of its child processes (Linux)."""
        return children(self.process.pid)


def children(pid: int) -> list[int]:
    """Process ids of the child processes of `pid`, which may have ended (Linux)."""
    found = list[int]()
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def family(pid: int) -> list[int]:
    """Process ids of `pid` and all its descendants (Linux)."""
    return [pid, *(each for child in children(pid) for each in family(child))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, request: bytes, success: bytes) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return connection.recv(12) == success
    return False
