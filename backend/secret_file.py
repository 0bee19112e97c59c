"""Files with a secret that the server makes once and keeps in the instance folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], bytes]) -> tuple[bytes, bool]:
    """The content of a file, and whether this call created it, with the content that `make` returns.

    Any number of processes may call it at the same time: one creates the file, and all get the same content. Only its
    owner can read the file.
    """
    if path.exists():
        return path.read_bytes(), False
    path.parent.mkdir(parents=True, exist_ok=True)
    own = _write_beside(path, make())
    try:
        os.link(own, path)  # fails if another process was first
        created = True
    except FileExistsError:
        created = False
    finally:
        own.unlink()
    return path.read_bytes(), created


def replace(path: Path, content: bytes) -> None:
    """Replace a file, atomically, with one that only its owner can read."""
    _write_beside(path, content).replace(path)


def _write_beside(path: Path, content: bytes) -> Path:
    """A file of this process in the folder of `path`, on the disk."""
    own = path.with_name(f".{path.name}.{os.getpid()}")
    own.unlink(missing_ok=True)  # left by a process with the same id that was killed
    with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return own
