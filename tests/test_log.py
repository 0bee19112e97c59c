"""The log: JSON, or text on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import logging
from backend.log import start_log

start_log()
log = logging.getLogger("backend.part")
log.info("Too little to be logged.")
logging.getLogger("cassandra.pool").warning("Said by the recorder already.")
log.warning("Not %s.\\nReally \\ud800.", "good", extra={"fields": {"request_id": "77"}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("Failed.")
"""


def test_each_event_is_one_line_of_json() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    warning, error = map(json.loads, ended.stderr.splitlines())
    assert warning.pop("time")[10] == "T"
    assert warning == {
        "level": "warning",
        "logger": "backend.part",
        "message": "Not good.\nReally \ud800.",
        "request_id": "77",
    }
    assert (error["level"], error["message"]) == ("error", "Failed.")
    assert error["exception"].startswith("Traceback")
    assert error["exception"].endswith("ZeroDivisionError: division by zero")


def test_on_a_terminal_lines_are_text() -> None:
    terminal, standard_error = os.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM.replace("\\ud800", "bad")], stderr=standard_error, check=True)
    os.close(standard_error)
    with open(terminal) as written:
        lines = [written.readline().rstrip() for _ in range(4)]
    assert lines[0][19:] == " WARNING: Not good."
    assert lines[1] == "Really bad. request_id=77"
    assert lines[2][19:] == " ERROR: Failed."
    assert lines[3] == "Traceback (most recent call last):"
