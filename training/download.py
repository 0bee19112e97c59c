"""Fetching a file once, and saying so in words where that fails."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

TIMEOUT = 30  # s without a byte
PIECE = 1 << 20  # bytes read at a time


class MissingData(Exception):
    """Data for training are not here and could not be fetched; the text says what was looked for where."""


def fetch(url: str, path: Path) -> Path:
    """The file at `url`, kept at `path`; fetched only where it is not there yet. Raises MissingData."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, part.open("wb") as file:  # noqa: S310, our own URLs
            while piece := answer.read(PIECE):
                file.write(piece)
                print(f"\r{path.name}: {file.tell() / 1e6:.0f} MB", end="", file=sys.stderr)
            if file.tell() != int(answer.headers.get("Content-Length", file.tell())):
                raise OSError("the connection ended too early")
    except OSError as error:  # URLError and time-outs are such
        reason = getattr(error, "reason", error)
        raise MissingData(
            f"{path} is not there, and {url} could not be fetched ({reason}). Connect this machine and run it again, "
            "or name a folder that holds the data with --data or DIGITPAD_DATA."
        ) from None
    print(file=sys.stderr)
    part.replace(path)
    return path
