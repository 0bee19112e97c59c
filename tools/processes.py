"""The processes of a running server."""

from __future__ import annotations

import subprocess
from pathlib import Path


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of the server's workers (Linux)."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
