"""The processes of a server that is being tested."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

from backend.records.sqlite.writer import NAME
from bench.processes import family


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def writer_of(process: subprocess.Popen[bytes]) -> int | None:
    """The process that writes for all workers; it is begun by another thread than they are."""
    with suppress(OSError):  # a process that ends meanwhile
        for pid in family(process.pid):
            if Path(f"/proc/{pid}/comm").read_bytes() == NAME + b"\n":
                return pid
    return None
