"""The scripts say in one plain sentence what a machine lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import TOP


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The scripts and requirements alone, as in a clone that nothing was installed in."""
    for folder in ("script", "requirements"):
        shutil.copytree(TOP / folder, tmp_path / "clone" / folder)
    return tmp_path / "clone"


def tools(folder: Path, python: str) -> dict[str, str]:
    """An environment whose only Python is the shell script `python`."""
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "sha256sum"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (folder / name).write_text(f"#!/usr/bin/env bash\n{python}\n")
        (folder / name).chmod(0o755)
    (folder / "env").symlink_to(str(shutil.which("env")))
    return {"PATH": str(folder)}


def server(clone: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["script/server"], cwd=clone, env=environment, capture_output=True, text=True, timeout=60)


def test_no_python_that_is_new_enough(clone: Path, tmp_path: Path) -> None:
    ended = server(clone, tools(tmp_path / "tools", "exit 1"))
    assert ended.returncode == 1
    assert ended.stderr == "Digitpad needs Python 3.11, 3.12, 3.13 or 3.14; install one and run this again.\n"


def test_a_python_without_its_venv_module(clone: Path, tmp_path: Path) -> None:
    without_venv = f'case "$2" in *venv*) exit 1;; esac; exec {sys.executable} "$@"'
    ended = server(clone, tools(tmp_path / "tools", without_venv))
    assert ended.returncode == 1
    assert ended.stderr == (
        "Python's venv module is missing; install it (on Debian and Ubuntu: apt install python3-venv) "
        "and run this again.\n"
    )


def test_training_with_an_environment_that_is_too_new(clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    for name, status in (("pip", 0), ("python", 1)):  # the real one exits with 1 for a version that is not supported
        (clone / ".venv/bin" / name).write_text(f"#!/usr/bin/env bash\nexit {status}\n")
        (clone / ".venv/bin" / name).chmod(0o755)
    ended = subprocess.run(["script/environment", "train"], cwd=clone, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr == (
        "Training and testing need Python 3.11, 3.12 or 3.13, because TensorFlow has no packages for Python 3.14 yet; "
        "remove .venv, which was created with another version, and run this again.\n"
    )


def test_what_is_installed_is_not_installed_again(clone: Path) -> None:
    wanted = (clone / "requirements/serve.txt").read_bytes() + (clone / "requirements/lock.txt").read_bytes()
    stamp = subprocess.run(["sha256sum"], input=wanted, capture_output=True, check=True).stdout
    (clone / ".venv").mkdir()
    (clone / ".venv/installed-serve").write_bytes(stamp)
    ended = subprocess.run(["script/environment", "serve"], cwd=clone, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert os.listdir(clone / ".venv") == ["installed-serve"]


def test_an_unknown_set_is_refused(clone: Path) -> None:
    ended = subprocess.run(["script/environment"], cwd=clone, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "script/environment serve|train|test" in ended.stderr
