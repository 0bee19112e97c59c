"""What a machine lacks is skipped by name; with CI=true a skip is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import TOP

SKIPPED = {
    "a test": "import pytest\ndef test_it(): pytest.skip('no such machine')\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('no such machine')\ndef test_it(f): pass\n",
    "a module": "import pytest\npytest.skip('no such machine', allow_module_level=True)\n",
}


@pytest.mark.parametrize("what", SKIPPED)
@pytest.mark.parametrize(("ci", "fails"), [("true", True), ("", False)])
def test_a_skip_fails_in_ci_alone(tmp_path: Path, what: str, ci: str, fails: bool) -> None:
    file = tmp_path / "test_skipped.py"
    file.write_text(SKIPPED[what])
    (tmp_path / "test_passed.py").write_text("def test_it(): pass\n")
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-ra",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=TOP,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "no such machine" in ended.stdout
    assert (ended.returncode != 0) == fails
