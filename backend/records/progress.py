"""The progress of a long command."""

from __future__ import annotations

import time
from typing import TextIO


class ProgressBar:
    """A progress bar on a terminal; elsewhere one line for each tenth."""

    def __init__(self, out: TextIO, total: int, unit: str) -> None:
        self.done = 0
        self._out = out
        self._total = total
        self._unit = unit
        self._began = time.monotonic()
        self._tenth = 0

    def advance(self, count: int) -> None:
        self.done += count
        share = min(1.0, self.done / self._total) if self._total else 1.0
        rate = self.done / max(1e-9, time.monotonic() - self._began)
        text = f"{'#' * int(30 * share):.<30} {self.done} of {self._total} {self._unit}, {rate:.0f}/s"
        if self._out.isatty():
            print(f"\r{text}", end="", file=self._out, flush=True)
        elif int(10 * share) > self._tenth:
            self._tenth = int(10 * share)
            print(text, file=self._out, flush=True)

    def end(self) -> None:
        if self._out.isatty():
            print(file=self._out)
