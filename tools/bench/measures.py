"""The measurements. What is compared runs side by side and is loaded in turn, round after round."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from backend.settings import TOP
from tools.bench.bodies import data_urls, page_requests
from tools.bench.load import Load, drive
from tools.bench.page import pen_to_digit
from tools.bench.report import Row
from tools.cassandra_nodes import Nodes, NoNodes
from tools.server import DIGITPAD, Server, family

LOG = TOP / ".cache" / "bench-servers.log"  # what the servers print


class Pace(NamedTuple):
    """How long each measurement takes."""

    rounds: int
    seconds: float  # of load in each round


def digitpad(instance: Path, cores: int = 0, **settings: str) -> Server:
    """Digitpad with default settings, except for the access log; limited to the first `cores` cores if not 0."""
    limited = ("taskset", "--cpu-list", f"0-{cores - 1}", *DIGITPAD) if cores else DIGITPAD
    environment = {"INSTANCE": str(instance), "ACCESS_LOG": "false", **settings}
    return Server(environment, limited, probe=next(data_urls("white")), log=LOG)


def in_turn(runs: Mapping[str, Callable[[float], Load]], pace: Pace) -> dict[str, list[Load]]:
    """The loads of each run, by round. A run is called with its duration in seconds."""
    for run in runs.values():
        run(0.5)  # warm-up
    loads: dict[str, list[Load]] = {name: [] for name in runs}
    for _ in range(pace.rounds):
        for name, run in runs.items():
            loads[name].append(run(pace.seconds))
    return loads


def load_rows(what: str, loads: list[Load]) -> list[Row]:
    return [
        Row(f"{what}: predictions", [load.throughput for load in loads], "per s"),
        Row(f"{what}: p50", [load.percentile(50) for load in loads], "ms"),
        Row(f"{what}: p99", [load.percentile(99) for load in loads], "ms"),
    ]


def load(folder: Path, pace: Pace, connections: tuple[int, ...] = (1, 8, 32, 128, 1024)) -> list[Row]:
    """Throughput and latency by the number of connections."""
    rows = []
    with digitpad(folder / "load") as server:
        for count in connections:
            name = f"{count:,} connection{'s' if count > 1 else ''}"
            loads = in_turn({name: partial(drive, server.port, page_requests(), count)}, pace)[name]
            rows += load_rows(name, loads)
            refused = [100 * (1 - each.answered / each.statuses.total()) for each in loads]
            if any(refused):
                rows.append(Row(f"{name}: refused with 503", refused, "%"))
    return rows


def formats(folder: Path, pace: Pace) -> list[Row]:
    """Throughput by what the client sends."""
    requests: dict[str, Callable[[], Iterator[bytes]]] = {
        "JSON with strokes, as the page sends it": page_requests,
        "RGBA PNG of a canvas, white background": lambda: data_urls("white"),
        "RGBA PNG of a canvas, transparent background": lambda: data_urls("transparent"),
    }
    with digitpad(folder / "formats") as server:
        runs = {name: partial(drive, server.port, make(), 32) for name, make in requests.items()}
        loads = in_turn(runs, pace)
    return [Row(name, [each.throughput for each in loads[name]], "per s") for name in runs]


def recording(folder: Path, pace: Pace) -> list[Row]:
    with digitpad(folder / "sqlite") as recorded, digitpad(folder / "none", RECORDS_URL="none") as unrecorded:
        return _recording({"nothing": unrecorded, "SQLite": recorded}, pace)


def recording_in_cassandra(folder: Path, pace: Pace) -> list[Row]:
    with cassandra() as url, digitpad(folder / "cassandra", RECORDS_URL=url) as server:
        drive(server.port, page_requests(), 32, 5 * pace.seconds)  # warms up the JVM
        return _recording({"one Cassandra node": server}, pace)


def _recording(servers: dict[str, Server], pace: Pace) -> list[Row]:
    rows = []
    for count in (8, 32):
        loads = in_turn(
            {name: partial(drive, each.port, page_requests(), count) for name, each in servers.items()}, pace
        )
        rows += [
            Row(f"{name}, {count} connections", [load.throughput for load in each], "per s")
            for name, each in loads.items()
        ]
    return rows


@contextmanager
def cassandra() -> Iterator[str]:
    """The URL of an empty keyspace on a temporary Cassandra node. Raises RuntimeError if none can be started."""
    nodes = Nodes()
    try:
        nodes.need(1)
        yield nodes.new_url(1)
    except NoNodes as error:
        raise RuntimeError(str(error)) from None
    finally:
        nodes.stop()


def cores(folder: Path, pace: Pace) -> list[Row]:
    """Throughput of one worker on one core, and of a worker on each core."""
    count = len(os.sched_getaffinity(0))
    with digitpad(folder / "one", cores=1) as one, digitpad(folder / "all") as every:
        loads = in_turn(
            {str(n): partial(drive, s.port, page_requests(), 32) for n, s in ((1, one), (count, every))}, pace
        )
    return [
        Row(f"{n} core{'s' if n != '1' else ''}", [load.throughput for load in each], "per s")
        for n, each in loads.items()
    ]


def start(folder: Path, times: int) -> list[Row]:
    seconds = []
    for n in range(times):
        with digitpad(folder / f"start{n}") as server:
            seconds.append(server.start_seconds)
    return [Row("from exec to the first prediction", seconds, "s")]


def memory(folder: Path, pace: Pace) -> list[Row]:
    """Proportional set size after some load."""
    sizes: dict[int, float] = {}
    for workers in (1, 4):
        with digitpad(folder / "memory", WORKERS=str(workers)) as server:
            drive(server.port, page_requests(), 8, 3 * pace.seconds)
            sizes[workers] = sum(map(_proportional_set_size, family(server.process.pid))) / 1e6
    return [
        Row("memory (PSS) with one worker", [sizes[1]], "MB"),
        Row("memory (PSS) of each further worker", [(sizes[4] - sizes[1]) / 3], "MB"),
    ]


def _proportional_set_size(pid: int) -> int:
    match = re.search(r"^Pss: +(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(match[1]) * 1024 if match else 0


def installation() -> list[Row]:
    """`script/environment serve` in a fresh clone, without pip's cache."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # pip may outlive an interrupted run
        clone = Path(folder) / "digitpad"
        subprocess.run(["git", "clone", "--quiet", TOP, clone], check=True)
        began = time.perf_counter()
        environment = {**os.environ, "PIP_NO_CACHE_DIR": "1"}
        subprocess.run(["script/environment", "serve"], cwd=clone, check=True, env=environment)
        seconds = time.perf_counter() - began
        megabytes = sum(path.lstat().st_size for path in (clone / ".venv").rglob("*")) / 1e6
    return [Row("installation", [seconds], "s"), Row("size of .venv", [megabytes], "MB")]


def page(folder: Path, repeats: int) -> list[Row]:
    with digitpad(folder / "page") as server:
        return [Row("from lifting the pen to the digit on the screen", pen_to_digit(server.url, repeats), "ms")]


def training(data: str) -> list[Row]:
    """`mnist_train.py --quick`. data: the folder with MNIST."""
    if not data:
        raise RuntimeError("DIGITPAD_DATA names no folder with MNIST.")
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        command = [sys.executable, "mnist_train.py", "--quick", "--data", data, "--out", out]
        done = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - began
    accuracy = float(re.findall(r"mean ([\d.]+)%", done.stdout)[-1])
    return [Row("mnist_train.py --quick", [seconds], "s"), Row("its accuracy on MNIST's test set", [accuracy], "%")]
