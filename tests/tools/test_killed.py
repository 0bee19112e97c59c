"""Workers and the server are killed and paused on SQLite; see tools/failure/killed.py."""

from __future__ import annotations

from pathlib import Path

from tools.failure import killed


def test_no_acknowledged_record_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    assert killed.run(5, tmp_path) == []
