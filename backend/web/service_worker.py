"""Completes the service worker, which keeps the page's files in the browser, with the list of these files."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

SERVICE_WORKER = "service-worker.js"
PLACEHOLDERS = ('VERSION = ""', "FILES = {}")  # in frontend/service-worker.js


def with_files(script: str, files: Mapping[str, Path]) -> str:
    """The script with the addresses of `files`, relative to its own, their SHA-256, and the version that follows from
    these."""
    digests = {
        address: f"sha256-{b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()}"
        for address, path in sorted(files.items())
        if path.name != SERVICE_WORKER
    }
    listed = json.dumps(digests, indent=2)
    version = hashlib.sha256(listed.encode()).hexdigest()[:12]
    for placeholder, value in zip(PLACEHOLDERS, (json.dumps(version), listed), strict=True):
        if script.count(placeholder) != 1:
            raise ValueError(f"{SERVICE_WORKER} must have {placeholder!r} once.")
        script = script.replace(placeholder, f"{placeholder.partition(' = ')[0]} = {value}")
    return script
