"""Downloads a file once, with a helpful message if that fails."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

TIMEOUT = 30  # s without a byte
PIECE = 1 << 20  # bytes read at a time


class MissingData(Exception):
    """Training data are missing and could not be downloaded; the message says what was tried."""


def fetch(url: str, path: Path) -> Path:
    """Download `url` to `path` unless that exists already. Returns `path`; raises MissingData."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, part.open("wb") as file:  # noqa: S310, the URLs are constants
            while piece := answer.read(PIECE):
                file.write(piece)
                print(f"\r{path.name}: {file.tell() / 1e6:.0f} MB", end="", file=sys.stderr)
            if file.tell() != int(answer.headers.get("Content-Length", file.tell())):
                raise OSError("the connection ended too early")
    except OSError as error:  # including URLError and timeouts
        reason = getattr(error, "reason", error)
        raise MissingData(
            f"{path} is missing, and {url} could not be downloaded ({reason}). Check the network connection and "
            "try again, or name a folder with the data by --data or DIGITPAD_DATA."
        ) from None
    print(file=sys.stderr)
    part.replace(path)
    return path
