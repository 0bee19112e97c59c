"""What the commands of this folder have in common."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.cassandra_nodes import Nodes


def on_nodes(run: Callable[[float, int, Path, Nodes], list[str]], seconds: float, port: int) -> int:
    """`run` with the seconds of the command line on Cassandra nodes of its own. Returns the exit status."""
    nodes = Nodes()
    try:
        return alone(lambda seconds, port, folder: run(seconds, port, folder, nodes), seconds, port)
    finally:
        nodes.stop()


def alone(run: Callable[[float, int, Path], list[str]], seconds: float, port: int) -> int:
    """The same without nodes. Says what is wrong; returns the exit status."""
    if len(sys.argv) > 1:
        seconds = float(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(seconds, int(os.environ.get("PORT", port)), Path(folder))
    for each in wrong[:20]:
        print(each)
    return 1 if wrong else 0
