"""Waiting for what takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 120  # seconds, because a busy machine is not a fault of what is tested


def wait_for(found: Callable[[], T], fits: Callable[[T], object] = bool) -> T:
    """What `found` returns, called again and again until that fits. Raises AssertionError after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not fits(value := found()):
        assert time.monotonic() < end, value
        time.sleep(0.05)
    return value
