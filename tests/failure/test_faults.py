"""Every 13th file call of the store and of the outbox fails in turn, in four ways; nothing acknowledged is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import TOP

EVERY = "13"


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("cc"):
        pytest.skip("a C compiler (cc), which makes the failing disk, is missing")
    built = tmp_path_factory.mktemp("faults") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.mark.parametrize("mode", ["kill", "io_error", "disk_full", "power"])
@pytest.mark.parametrize("what", ["store", "outbox"])
def test_whatever_call_fails_nothing_acknowledged_is_lost(faults: Path, tmp_path: Path, what: str, mode: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.failure.faulty_disk", tmp_path, what, mode, EVERY],
        cwd=TOP,
        env={**os.environ, "LD_PRELOAD": str(faults), "FAULT_FOLDER": str(tmp_path / "disk")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[2]) > 10  # calls there were, and they were met
