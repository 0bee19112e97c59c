"""The command line: `python -m backend`."""

from __future__ import annotations

import subprocess
import sys

from backend import __version__
from backend.settings import TOP


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *arguments], cwd=TOP, capture_output=True, text=True, timeout=60
    )


def test_version_prints_the_version() -> None:
    ended = run("version")
    assert (ended.returncode, ended.stdout) == (0, f"{__version__}\n")


def test_an_unknown_command_is_refused_with_the_usage() -> None:
    ended = run("sing")
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: python -m backend")


def test_help_prints_the_usage() -> None:
    ended = run("--help")
    assert (ended.returncode, ended.stdout[:6]) == (0, "Usage:")


def test_a_command_of_the_recorder_is_passed_on() -> None:
    ended = run("records", "--help")
    assert ended.returncode == 0
    assert "copy" in ended.stdout
