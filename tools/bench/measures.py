"""What is measured. Servers that are compared run side by side and are asked in turn, round after round."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from backend.settings import TOP
from tools.bench.bodies import data_urls, page_requests
from tools.bench.load import Load, drive
from tools.bench.processes import Server, cassandra, digitpad, memory, noop
from tools.bench.table import Row, at_least, at_most, plain

Requests = Callable[[], Iterator[bytes]]


class Pace(NamedTuple):
    """How long the benchmark takes over each thing."""

    rounds: int
    seconds: float  # of load in each round


def white() -> Iterator[bytes]:
    return data_urls("white")


def transparent() -> Iterator[bytes]:
    return data_urls("transparent")


def in_turn(servers: dict[str, Server], requests: Requests, connections: int, pace: Pace) -> dict[str, list[Load]]:
    return runs_in_turn(
        {name: partial(drive, server.port, requests(), connections) for name, server in servers.items()}, pace
    )


def runs_in_turn(runs: Mapping[str, Callable[[float], Load]], pace: Pace) -> dict[str, list[Load]]:
    """runs: from seconds to what came back in them."""
    for run in runs.values():
        run(0.5)  # warms it up
    loads: dict[str, list[Load]] = {name: [] for name in runs}
    for _ in range(pace.rounds):
        for name, run in runs.items():
            loads[name].append(run(pace.seconds))
    return loads


def ratios(loads: list[Load], others: list[Load]) -> list[float]:
    """Throughput, round by round."""
    return [mine.throughput / other.throughput for mine, other in zip(loads, others, strict=True)]


def share_of_noop(folder: Path, pace: Pace) -> list[Row]:
    rows = []
    bodies: list[tuple[str, float, Requests]] = [
        ("the page's own request", 0.40, page_requests),
        ("280x280 RGBA PNG on white", 0.25, white),
        ("280x280 RGBA PNG, transparent", 0.25, transparent),
    ]
    with digitpad(folder / "ours") as ours, noop() as floor:
        for name, aim, requests in bodies:
            for connections in (8, 32):
                loads = in_turn({"ours": ours, "floor": floor}, requests, connections, pace)
                share = ratios(loads["ours"], loads["floor"])
                rows.append(at_least(f"{name}, {connections} at once: share of a no-op route", aim, share))
                rows.append(plain("— predictions a second", [load.throughput for load in loads["ours"]]))
                rows.append(plain("— no-ops a second", [load.throughput for load in loads["floor"]]))
    return rows


def tail(folder: Path, pace: Pace) -> list[Row]:
    """Rounds enough to see how it goes on the whole: by which worker a connection is served is chance."""
    often = Pace(3 * pace.rounds, pace.seconds)
    with digitpad(folder / "tail") as ours:
        eight = in_turn({"ours": ours}, page_requests, 8, often)["ours"]
        many = in_turn({"ours": ours}, page_requests, 128, pace)["ours"]
        crowd = in_turn({"ours": ours}, page_requests, 1024, pace)["ours"]
    return [
        at_most("8 at once: p99 over p50", 3, [load.percentile(99) / load.percentile(50) for load in eight]),
        plain("— p50", [load.percentile(50) for load in eight], " ms"),
        plain("— p99", [load.percentile(99) for load in eight], " ms"),
        at_most("128 at once: the longest wait", 1000, [load.longest for load in many], " ms"),
        plain("— share refused with 503", [1 - load.answered / load.statuses.total() for load in many]),
        plain("1,024 at once: the longest wait", [load.longest for load in crowd], " ms"),
        plain("— share refused with 503", [1 - load.answered / load.statuses.total() for load in crowd]),
    ]


def recording(folder: Path, pace: Pace, store: str = "SQLite", url: str = "") -> list[Row]:
    """What writing the record costs. url: the recorder's; empty: Digitpad's default."""
    rows = []
    with (
        digitpad(folder / f"with {store}", RECORDS_URL=url) as recorded,
        digitpad(folder / f"without {store}", RECORDS_URL="none") as unrecorded,
    ):
        servers = {"with": recorded, "without": unrecorded}
        for connections in (8, 32):
            loads = in_turn(servers, page_requests, connections, pace)
            cost = [100 * (1 - each) for each in ratios(loads["with"], loads["without"])]
            rows.append(at_most(f"writing the record, {store}, {connections} at once: throughput lost", 15, cost, " %"))
            rows.append(plain("— predictions a second, recorded", [load.throughput for load in loads["with"]]))
    return rows


def recording_on_cassandra(folder: Path, pace: Pace) -> list[Row]:
    with cassandra() as url:
        with digitpad(folder / "warming", RECORDS_URL=url) as server:
            drive(server.port, page_requests(), 32, 5 * pace.seconds)  # Java gets fast by running
        return recording(folder, pace, "Cassandra", url)


def start(folder: Path, times: int) -> list[Row]:
    seconds = []
    for n in range(times):
        with digitpad(folder / f"start{n}") as server:
            seconds.append(server.start)
    return [at_most("from exec to the first answered prediction", 0.6, seconds, " s")]


def size(folder: Path, pace: Pace) -> list[Row]:
    """Memory after some load, workers and the process that starts them."""
    shares: dict[int, float] = {}
    for workers in (1, 4):
        with digitpad(folder / "size", WORKERS=str(workers)) as server:
            drive(server.port, page_requests(), 8, 3 * pace.seconds)
            shares[workers] = sum(memory(server.process)) / 1e6
    return [
        at_most("memory, proportional share: one worker and its parent", 100, [shares[1]], " MB"),
        at_most("— each further worker, of four", 45, [(shares[4] - shares[1]) / 3], " MB"),
    ]


def cores(folder: Path, pace: Pace) -> list[Row]:
    """One worker on one core, with the client on the others, against a worker on each core, with the client among
    them. What the client takes of the cores that it shares is measured, and taken out."""
    every = sorted(os.sched_getaffinity(0))
    count = len(every)
    single, all_, client = [], [], []
    with digitpad(folder / "one", cores=1) as one, digitpad(folder / "all", cores=count) as full:
        for _ in range(pace.rounds + 1):  # the first warms up
            os.sched_setaffinity(0, every[1:] or every)
            single.append(drive(one.port, page_requests(), 32, pace.seconds).throughput)
            os.sched_setaffinity(0, every)
            load = drive(full.port, page_requests(), 32, pace.seconds)
            all_.append(load.throughput)
            client.append(load.cpu / load.seconds)
    ratio = [many / few for many, few in zip(all_[1:], single[1:], strict=True)]
    alone = [each * count / (count - taken) for each, taken in zip(ratio, client[1:], strict=True)]
    return [
        at_least(f"{count} cores against one, 32 at once, the client's share of them taken out", 3.2, alone),
        plain("— as it was, the client among the servers", ratio),
        plain("— cores that the client took", client[1:]),
    ]


def set_up() -> list[Row]:
    """script/environment serve in a fresh clone, without any package that was downloaded before."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "digitpad"
        subprocess.run(["git", "clone", "--quiet", TOP, clone], check=True)
        begun = time.perf_counter()
        subprocess.run(
            ["script/environment", "serve"], cwd=clone, check=True, env={**os.environ, "PIP_NO_CACHE_DIR": "1"}
        )
        seconds = time.perf_counter() - begun
        megabytes = sum(path.lstat().st_size for path in (clone / ".venv").rglob("*")) / 1e6
    return [
        at_most("set-up by script/server: time", 40, [seconds], " s"),
        at_most("— size on disk", 400, [megabytes], " MB"),
    ]


def pen(repeats: int) -> list[Row]:
    from tools.bench.page import pen_to_digit

    waits = pen_to_digit(repeats)
    return [at_most("the page: from lifting the pen to the digit on the screen", 20, waits, " ms")]


def training(data: str) -> list[Row]:
    """A class's live demo: mnist_train.py --quick, from its start to its end. data: the folder that has MNIST."""
    if not data:
        raise RuntimeError("DIGITPAD_DATA doesn't say where MNIST is.")
    with tempfile.TemporaryDirectory() as out:
        begun = time.perf_counter()
        done = subprocess.run(
            [TOP / ".venv/bin/python", "mnist_train.py", "--quick", "--data", data, "--out", out],
            cwd=TOP,
            check=True,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - begun
    accuracy = float(re.findall(r"mean ([\d.]+)%", done.stdout)[-1])
    return [
        at_most("mnist_train.py --quick: time", 60, [seconds], " s"),
        at_least("— right on MNIST's test set", 99.0, [accuracy], " %"),
    ]
