"""`script/bench`: measures, prints the table, and writes docs/benchmarks.md with its plot."""

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
from pathlib import Path

from backend.settings import TOP
from tools.bench import curves, measures, versus
from tools.bench.curves import Curve
from tools.bench.measures import Pace
from tools.bench.processes import LOG
from tools.bench.table import Row, markdown, unmeasured

ENVIRONMENT = TOP / ".cache" / "bench-peers"  # where the other servers are installed


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="only to see that it still works: short, without the peers"
    )
    parser.add_argument("--only", nargs="*", metavar="NAME", help="some of the measurements, written nowhere")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # which ends the servers as well
    LOG.unlink(missing_ok=True)
    where = machine()
    pace = Pace(1, 0.2) if options.quick else Pace(5, 1)
    with tempfile.TemporaryDirectory(dir=TOP / ".cache") as name:  # on a real disk, since records must reach one
        plan = _plan(Path(name), pace, options.quick)
        unknown = set(options.only or ()) - set(plan)
        if unknown:
            parser.error(f"there is no {min(unknown)}; there are {', '.join(plan)}")
        rows: list[Row] = []
        drawn: list[Curve] = []
        for what, measure in plan.items():
            if options.only is not None and what not in options.only:
                continue
            try:
                results = measure()
            except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                if options.quick:
                    raise
                results = [unmeasured(what, str(error))]
            for result in results:
                if isinstance(result, Row):
                    rows.append(result)
                    print(markdown([result]).splitlines()[-1], flush=True)
                else:
                    drawn.append(result)
                    print(result, flush=True)
    if not options.quick and options.only is None:
        from tools.bench.report import write

        write(where, rows, drawn)


def _plan(folder: Path, pace: Pace, quick: bool) -> dict[str, Callable[[], list[Row] | list[Curve]]]:
    """The measurements by name, in order."""
    plan: dict[str, Callable[[], list[Row] | list[Curve]]] = {
        "start": lambda: measures.start(folder, 1 if quick else 7),
        "memory": lambda: measures.size(folder, pace),
        "share": lambda: measures.share_of_noop(folder, pace),
        "tail": lambda: measures.tail(folder, pace),
        "recording": lambda: measures.recording(folder, pace),
        "cores": lambda: measures.cores(folder, pace),
        "connections": lambda: curves.connections(folder, pace),
    }
    if quick:
        return plan
    return plan | {
        "cassandra": lambda: measures.recording_on_cassandra(folder, pace),
        "reports": lambda: versus.reports(folder, pace),
        "peers": lambda: versus.peers(folder, pace, ENVIRONMENT / "bin" / "python"),
        "workers": lambda: curves.workers(folder, pace, len(os.sched_getaffinity(0))),
        "records": lambda: curves.records(folder, pace, (0, 10_000, 10_000_000)),
        "page": lambda: measures.pen(40),
        "training": lambda: measures.training(os.environ.get("DIGITPAD_DATA", "")),
        "setup": measures.set_up,
    }


def machine() -> str:
    """What it runs on, and since when."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores of {name}, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load before it began {os.getloadavg()[0]:.1f}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


if __name__ == "__main__":
    main()
