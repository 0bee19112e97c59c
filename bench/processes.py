"""Servers that are measured: starting, stopping, and how much memory they take."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from backend.settings import TOP

PATIENCE = 120.0  # seconds for a server to answer; TensorFlow takes its time


class Server(NamedTuple):
    port: int
    process: subprocess.Popen[bytes]
    start: float  # seconds from exec to the first answered prediction


@contextmanager
def serving(
    command: Sequence[str | Path], port: int, probe: bytes, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server until the block ends; `probe` is a drawing that POST /predict takes.

    Raises RuntimeError where it doesn't come up.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=TOP,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # so that its workers can be ended with it
    )
    try:
        _wait(port, probe, process)
        yield Server(port, process, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, probe: bytes, process: subprocess.Popen[bytes]) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", probe, {"Content-Type": "text/plain"})
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"The server on port {port} ended by itself with status {process.returncode}.")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.002)
    raise RuntimeError(f"The server on port {port} didn't answer within {PATIENCE:.0f} s.")


def memory(process: subprocess.Popen[bytes]) -> list[int]:
    """Proportional share of each process of the server, in bytes: its own first, then its workers'."""
    return [_proportional_share(pid) for pid in family(process.pid)]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def _proportional_share(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no line Pss.")
