"""Measures Digitpad, prints the results, and writes them into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from backend.settings import TOP
from tools.bench import measures
from tools.bench.measures import LOG, Pace
from tools.bench.peers.compare import PEERS, compare
from tools.bench.report import Row, table, write

PAGE = TOP / "docs" / "benchmarks.md"
Plan = dict[str, list[Callable[[], list[Row]]]]  # measurements by heading


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only check that the benchmark works: short and partial")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped, too
    LOG.parent.mkdir(exist_ok=True)
    LOG.unlink(missing_ok=True)
    description = machine()
    tables = {}
    with tempfile.TemporaryDirectory(dir=TOP / ".cache") as name:  # on a real disk, for durable writes
        for heading, measurements in (quick_plan if options.quick else full_plan)(Path(name)).items():
            rows, missing = list[Row](), ""
            for measure in measurements:
                try:
                    rows += measure()
                except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                    if options.quick:
                        raise
                    missing += f"\nNot measured: {error}\n"
            tables[heading] = (table(rows) if rows else "") + missing
            print(f"\n{heading}\n\n{tables[heading]}", end="", flush=True)
    if not options.quick:
        write(PAGE, description, tables)


def quick_plan(folder: Path) -> Plan:
    pace = Pace(1, 0.2)
    return {
        "Load": [lambda: measures.load(folder, pace, (8, 32))],
        "What is sent": [lambda: measures.formats(folder, pace)],
        "What is recorded": [lambda: measures.recording(folder, pace)],
        "Resources": [lambda: measures.start(folder, 1), lambda: measures.memory(folder, pace)],
    }


def full_plan(folder: Path) -> Plan:
    pace = Pace(5, 1)
    data = os.environ.get("DIGITPAD_DATA", "")
    return {
        "Load": [lambda: measures.load(folder, pace)],
        "What is sent, 32 connections": [lambda: measures.formats(folder, pace)],
        "What records are written to": [
            lambda: measures.recording(folder, pace),
            lambda: measures.recording_in_cassandra(folder, pace),
        ],
        "Cores, 32 connections": [lambda: measures.cores(folder, pace)],
        "Start, memory, installation": [
            lambda: measures.start(folder, 7),
            lambda: measures.memory(folder, pace),
            measures.installation,
        ],
        "The page": [lambda: measures.page(folder, 40)],
        "Training": [lambda: measures.training(data)],
        "Other model servers": [partial(compare, folder, pace, peer) for peer in PEERS],
    }


def machine() -> str:
    """The machine, its software and the date."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores of {name}, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load average before the run {os.getloadavg()[0]:.1f}; "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )


if __name__ == "__main__":
    main()
