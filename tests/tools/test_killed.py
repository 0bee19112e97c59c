"""Workers, writer and server killed on SQLite; killed.py says how, checker.py what must hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import free_port
from tools.failure import killed


def test_nothing_acknowledged_is_lost_whichever_process_is_killed(tmp_path: Path) -> None:
    if not shutil.which("cc"):
        pytest.skip("a C compiler (cc), which makes the failing disk, is missing")
    assert killed.run(5, free_port(), tmp_path) == []
