"""Servers that are measured: starting, stopping, and how much memory they take."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from backend.settings import TOP
from tools.bench.bodies import data_urls
from tools.bench.load import once

PORTS = iter(range(5320, 5400))
LOG = TOP / ".cache" / "bench-servers.log"  # what the servers print
PATIENCE = 120.0  # seconds for a server to answer; TensorFlow takes its time


class Server(NamedTuple):
    port: int
    process: subprocess.Popen[bytes]
    start: float  # seconds from exec to the first answered prediction


@contextmanager
def digitpad(instance: Path, cores: int = 0, **environment: str) -> Iterator[Server]:
    """Digitpad with its defaults, but for the log of requests; on the first `cores` cores where that isn't 0."""
    pinned = ["taskset", "--cpu-list", f"0-{cores - 1}"] if cores else []
    command = [*pinned, sys.executable, "-m", "backend"]
    with serving(command, {"INSTANCE": str(instance), "ACCESS_LOG": "false", **environment}) as server:
        yield server


@contextmanager
def noop(**environment: str) -> Iterator[Server]:
    """A Flask route that does nothing, on the same server."""
    with serving([sys.executable, "-m", "tools.bench.noop"], {"ACCESS_LOG": "false", **environment}) as server:
        yield server


@contextmanager
def cassandra() -> Iterator[str]:
    """The URL of an empty keyspace on a Cassandra node of our own, which runs until the block ends.

    Raises RuntimeError where none can be had.
    """
    from tools.cassandra_nodes import Nodes, NoNodes

    nodes = Nodes()
    try:
        nodes.need(1)
        yield nodes.new_url(1)
    except NoNodes as why:
        raise RuntimeError(f"{why}.") from None
    finally:
        nodes.stop()


@contextmanager
def serving(
    command: Sequence[str | Path], environment: Mapping[str, str], probe: bytes | None = None
) -> Iterator[Server]:
    """Run a server on a free port, which it finds in PORT, until the block ends.

    It is up when it answers `probe`, by default a drawing as POST /predict takes it. Raises RuntimeError where it
    doesn't come up.
    """
    port = _free_port()
    begun = time.perf_counter()
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=TOP,
            env={**os.environ, **environment, "PORT": str(port)},
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that its workers can be ended with it
        )
    try:
        _wait(port, probe or next(data_urls("white")), process)
        yield Server(port, process, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):  # workers that outlived it
            os.killpg(process.pid, signal.SIGKILL)


def _wait(port: int, probe: bytes, process: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(
                f"{_name(process)} ended by itself with status {process.returncode}; {LOG.relative_to(TOP)} says why."
            )
        try:
            if once(port, probe)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.002)
    raise RuntimeError(f"{_name(process)} didn't answer within {PATIENCE:.0f} s; {LOG.relative_to(TOP)} may say why.")


def _name(process: subprocess.Popen[bytes]) -> str:
    return str(process.args[-1]) if isinstance(process.args, list) else str(process.args)


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("All ports from 5320 to 5399 are taken.")


def memory(process: subprocess.Popen[bytes]) -> list[int]:
    """Proportional share of each process of the server, in bytes: its own first, then its workers'."""
    return [_proportional_share(pid) for pid in family(process.pid)]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [child for task in tasks for child in (task / "children").read_text().split()]
    return [pid, *(one for child in children for one in family(int(child)))]


def _proportional_share(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no line Pss.")
