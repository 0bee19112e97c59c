"""The log: one line per event on standard error, as JSON or, on a terminal, for people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """One JSON object per line. Values in `extra={"fields": {...}}` become members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """The local time, the level if it is a warning or worse, and the message, followed by the values of `fields`."""

    def __init__(self) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        level = [f"{record.levelname}:"] if record.levelno >= logging.WARNING else []
        values = [f"{name}={value}" for name, value in getattr(record, "fields", {}).items()]
        line = " ".join([self.formatTime(record, self.datefmt), *level, record.getMessage(), *values])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def start_log() -> None:
    """Write warnings of all modules, and what single modules log below that, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # While a node is away, Cassandra's driver warns of each attempt to connect; the recorder says once why it waits.
    logging.getLogger("cassandra").setLevel(logging.ERROR)
