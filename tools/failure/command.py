"""What the commands in this package share."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.cassandra_nodes import Nodes


def run_on_nodes(run: Callable[[float, Path, Nodes], list[str]], default: float) -> None:
    """`run_alone` for a run that needs Cassandra nodes."""
    nodes = Nodes()
    try:
        run_alone(lambda seconds, folder: run(seconds, folder, nodes), default)
    finally:
        nodes.stop()


def run_alone(run: Callable[[float, Path], list[str]], default: float) -> None:
    """Run for the seconds on the command line, in a temporary folder, and exit with 1 if something is wrong."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else default
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(seconds, Path(folder))
    for each in wrong[:20]:
        print(each)
    sys.exit(1 if wrong else 0)
