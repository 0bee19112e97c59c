"""Compares the throughput of checkouts of Digitpad, which run side by side and are loaded in turn.

    python -m tools.bench.compare ../before . --connections 8 32 --rounds 5 --seconds 3

The others are compared with the first checkout. Each is served by its own `.venv` if it has one. A checkout may be
followed by settings, as in `.,RECORDS_URL=none,THREADS=4`. With `IDEMPOTENCY_KEYS=no` its requests have no keys.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from backend.settings import TOP
from tools.bench.bodies import data_urls, page_requests
from tools.bench.load import Load, drive
from tools.bench.measures import LOG
from tools.server import Server, family


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", metavar="CHECKOUT[,NAME=VALUE...]")
    parser.add_argument("--connections", nargs="+", type=int, default=[8, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    (TOP / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOP / ".cache") as folder, ExitStack() as stack:
        servers = []
        for number, checkout in enumerate(options.checkouts):
            server = stack.enter_context(serve(checkout, Path(folder) / str(number)))
            servers.append(server)
            print(f"{checkout}: first answer after {server.start_seconds:.2f} s")
        for connections in options.connections:
            before = [cpu(server) for server in servers]
            keys = ["IDEMPOTENCY_KEYS=no" not in checkout for checkout in options.checkouts]
            loads = in_turn(servers, keys, connections, options.rounds, options.seconds)
            for number, (checkout, mine) in enumerate(zip(options.checkouts, loads, strict=True)):
                used = (cpu(servers[number]) - before[number]) / sum(load.answered for load in mine)
                print(
                    f"{connections:3} connections, {checkout}: {summary(mine, loads[0])}, CPU {used * 1e6:.0f} µs",
                    flush=True,
                )


def serve(checkout: str, instance: Path) -> Server:
    """Digitpad from `CHECKOUT,NAME=VALUE,...`, with default settings, except for the access log."""
    path, *settings = checkout.split(",")
    folder = Path(path).resolve()
    python = folder / ".venv" / "bin" / "python"
    environment = {
        "INSTANCE": str(instance),
        "ACCESS_LOG": "false",
        "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}",
    }
    environment |= dict(setting.split("=", 1) for setting in settings)
    command = (python if python.exists() else sys.executable, "-m", "backend")
    return Server(environment, command, folder, next(data_urls("white")), LOG)


def in_turn(servers: list[Server], keys: list[bool], connections: int, rounds: int, seconds: float) -> list[list[Load]]:
    """The loads of each server, round by round; every other round in reverse order."""
    loads: list[list[Load]] = [[] for _ in servers]
    for server, keyed in zip(servers, keys, strict=True):
        drive(server.port, page_requests(keyed), connections, 0.5)
    for number in range(rounds):
        order = range(len(servers)) if number % 2 == 0 else reversed(range(len(servers)))
        for each in order:
            loads[each].append(drive(servers[each].port, page_requests(keys[each]), connections, seconds))
    return loads


def cpu(server: Server) -> float:
    """CPU time of the processes of the server, in seconds."""
    ticks = 0
    for pid in family(server.process.pid):
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def summary(mine: list[Load], base: list[Load]) -> str:
    """Medians, and in parentheses the medians of the ratios to the baseline in the same round."""
    median = statistics.median
    throughput = median(load.throughput for load in mine)
    faster = median(load.throughput / other.throughput for load, other in zip(mine, base, strict=True))
    p50, p99 = (median(load.percentile(percent) for load in mine) for percent in (50, 99))
    slower = median(load.percentile(99) / other.percentile(99) for load, other in zip(mine, base, strict=True))
    refused = sum(load.statuses.total() - load.answered for load in mine)
    return f"{throughput:5.0f}/s ({faster:.2f}), p50 {p50:.1f} ms, p99 {p99:.1f} ms ({slower:.2f}), refused {refused}"


if __name__ == "__main__":
    main()
