"""Measures a server that gets three times as many predictions as it can serve.

    python -m tools.measure.overload [SECONDS]     (default 5 for each of 5 rounds)

Each round measures the best throughput, over 32 connections, and then the throughput and the refusals while three times
as many requests per second arrive, each with a connection of its own while it waits. The clients have the last core for
themselves, and the server the others.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile

import numpy as np

from tools.bench.bodies import page_requests
from tools.bench.load import drive, offer
from tools.server import DIGITPAD, Server

ROUNDS = 5
TIMES = 3  # the best throughput


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    *cores, last = sorted(os.sched_getaffinity(0))
    command = ("taskset", "--cpu-list", ",".join(map(str, cores)), *DIGITPAD)
    os.sched_setaffinity(0, {last})
    ratios, refusals = [], []
    with tempfile.TemporaryDirectory() as folder, Server({"INSTANCE": folder}, command) as server:
        drive(server.port, page_requests(), 32, 1)  # warm-up
        for _ in range(ROUNDS):
            best = drive(server.port, page_requests(), 32, seconds).throughput
            load = offer(server.port, page_requests(), TIMES * best, seconds)
            ratios.append(load.throughput / best)
            refusals.append(load.refusals * 1000)
            p50, p99 = np.percentile(load.refusals * 1000, (50, 99)) if len(load.refusals) else (0, 0)
            print(
                f"best {best:.0f}/s; offered {TIMES * best:.0f}/s: {load.throughput:.0f}/s ({ratios[-1]:.2f}), "
                f"p99 {load.percentile(99):.0f} ms; {len(load.refusals):,} refused, p50 {p50:.0f} ms, p99 {p99:.0f} ms",
                flush=True,
            )
    p99 = np.percentile(np.concatenate(refusals), 99)
    print(f"throughput: {statistics.median(ratios):.2f} of the best; refusals: p99 {p99:.0f} ms")


if __name__ == "__main__":
    main()
