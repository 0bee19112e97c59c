"""Running a command as on a terminal."""

from __future__ import annotations

import errno
import os
import pty
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

from backend.settings import TOP


def on_terminal(command: Sequence[str | Path], typed: str = "", status: int = 0) -> str:
    """What a command prints on a terminal where `typed` is typed. Raises RuntimeError if its exit status is another."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 80))  # rows and columns
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as running:
        os.close(its)
        os.write(ours, typed.encode())
        printed = b""
        try:
            while piece := os.read(ours, 65536):
                printed += piece
        except OSError as error:
            if error.errno != errno.EIO:  # the end of a terminal
                raise
    os.close(ours)
    text = printed.decode().replace("\r\n", "\n")
    if running.returncode != status:
        raise RuntimeError(f"{command} ended with status {running.returncode}: {text}")
    return text
