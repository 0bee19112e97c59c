"""A test that cannot run on this machine is skipped by name; with CI=true a skip is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import TOP

SKIPPED = {
    "in_a_test": "import pytest\ndef test_it(): pytest.skip('no such machine')\n",
    "in_a_fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('no such machine')\ndef test_it(f): pass\n",
    "in_a_module": "import pytest\npytest.skip('no such machine', allow_module_level=True)\n",
}


@pytest.mark.parametrize(
    ("ci", "status", "outcome"), [("true", 1, "1 failed, 1 passed, 2 errors"), ("", 0, "1 passed, 3 skipped")]
)
def test_a_skip_fails_only_in_ci(tmp_path: Path, ci: str, status: int, outcome: str) -> None:
    for name, source in SKIPPED.items():
        (tmp_path / f"test_{name}.py").write_text(source)
    (tmp_path / "test_that_passes.py").write_text("def test_it(): pass\n")
    options = ["-ra", "--continue-on-collection-errors", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, tmp_path],
        cwd=TOP,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
    )
    summary = ended.stdout.partition("short test summary")[2]
    for name in SKIPPED:
        assert any(f"test_{name}.py" in line and "no such machine" in line for line in summary.splitlines())
    assert outcome in summary
    assert ended.returncode == status
