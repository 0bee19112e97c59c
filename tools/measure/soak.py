"""Measures a server that is busy for long: its memory, its latency and its errors.

    python -m tools.measure.soak MINUTES     (the first fifth of them is warm-up)

It predicts at 0.8 of the throughput that it measures first. Memory is the sum of the proportional shares (PSS) of all
processes. Prints a line per minute, and at the end the slope of the memory and the spread of the p99.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tools.bench.bodies import page_requests
from tools.bench.load import drive, offer
from tools.server import Server, family

SHARE = 0.8  # of the best throughput
CAPACITY_SECONDS = 30.0  # long enough to outlast a burst of the processor
MINUTE = 60.0


def main() -> int:
    minutes = int(sys.argv[1])
    warm_up = max(1, minutes // 5)
    hours, megabytes, p99 = [], [], []
    errors = 0
    requests = page_requests()
    with (
        tempfile.TemporaryDirectory() as folder,
        Server({"INSTANCE": folder}, log=Path(folder) / "log") as server,
    ):
        drive(server.port, requests, 32, 5)
        rate = SHARE * drive(server.port, requests, 32, CAPACITY_SECONDS).throughput
        print(f"{rate:.0f} predictions per second")
        start = time.monotonic()
        for minute in range(minutes):
            load = offer(server.port, requests, rate, MINUTE)
            errors += load.statuses.total() - load.answered
            memory = proportional_shares(family(server.process.pid))
            print(
                f"minute {minute + 1}: {load.throughput:.0f}/s, p50 {load.percentile(50):.1f} ms, "
                f"p99 {load.percentile(99):.1f} ms, {memory:.1f} MB, {errors} errors",
                flush=True,
            )
            if minute >= warm_up:
                hours.append((time.monotonic() - start) / 3600)
                megabytes.append(memory)
                p99.append(load.percentile(99))
    if len(hours) > 1:
        print(f"memory: {np.polyfit(hours, megabytes, 1)[0]:+.1f} MB per hour after {warm_up} minutes")
        print(f"p99: {min(p99):.1f} to {max(p99):.1f} ms, {np.polyfit(hours, p99, 1)[0]:+.1f} ms per hour")
    print(f"{errors} errors")
    return 1 if errors else 0


def proportional_shares(processes: list[int]) -> float:
    """The memory of processes in MB; what several of them share counts once (Linux)."""
    kilobytes = 0
    for pid in processes:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1000


if __name__ == "__main__":
    sys.exit(main())
