"""The scripts say in one sentence what a machine lacks, and find what is installed."""

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
    """The scripts and requirements, as in a clone in which nothing is installed yet."""
    for folder in (".ci", "script", "requirements"):
        shutil.copytree(TOP / folder, tmp_path / "clone" / folder)
    return tmp_path / "clone"


def path_with(folder: Path, python: str) -> dict[str, str]:
    """An environment in which the shell script `python` is the only Python."""
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "env", "sha256sum"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (folder / name).write_text(f"#!/usr/bin/env bash\n{python}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


def run(clone: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=clone, env=environment or None, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("script", "versions"), [("server", "3.11 to 3.14"), ("train", "3.11 to 3.13")])
def test_a_missing_python_is_reported(clone: Path, tmp_path: Path, script: str, versions: str) -> None:
    ended = run(clone, f"script/{script}", **path_with(tmp_path / "bin", "exit 1"))
    assert ended.returncode == 1
    assert ended.stderr == f"Digitpad needs Python {versions}; install one of them and run this again.\n"


def test_a_missing_venv_module_is_reported(clone: Path, tmp_path: Path) -> None:
    without_venv = f'case "$2" in *venv*) exit 1;; esac; exec {sys.executable} "$@"'
    ended = run(clone, "script/server", **path_with(tmp_path / "bin", without_venv))
    assert ended.returncode == 1
    assert ended.stderr == (
        "Python's venv module is missing; install it (on Debian and Ubuntu: apt install python3-venv) "
        "and run this again.\n"
    )


def test_an_environment_with_an_unsupported_python_is_reported(clone: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (clone / ".venv/bin" / name).write_text("#!/bin/sh\nexit 1\n")
        (clone / ".venv/bin" / name).chmod(0o755)
    ended = run(clone, "script/environment", "test")
    assert ended.returncode == 1
    assert "delete .venv" in ended.stderr


def test_installed_requirements_are_not_installed_again(clone: Path) -> None:
    wanted = (clone / "requirements/lock/serve.txt").read_bytes()
    stamp = subprocess.run(["sha256sum"], input=wanted, capture_output=True, check=True).stdout
    (clone / ".venv").mkdir()
    (clone / ".venv/installed-serve").write_bytes(stamp)
    ended = run(clone, "script/environment", "serve")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert os.listdir(clone / ".venv") == ["installed-serve"]


def test_a_missing_argument_is_reported(clone: Path) -> None:
    ended = run(clone, "script/environment")
    assert ended.returncode != 0
    assert "script/environment serve|train|test" in ended.stderr


@pytest.mark.parametrize("place", ["clone/.cache/data", "neighbor/data"])
def test_ci_finds_the_training_data_nearby(clone: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / place / "mnist").mkdir(parents=True)
    (clone / "script/test").write_text('#!/bin/sh\necho "$CI $DIGITPAD_DATA"\n')
    assert run(clone, ".ci/run", PATH=os.environ["PATH"]).stdout == f"true {tmp_path / place}\n"
    assert run(clone, ".ci/run", PATH=os.environ["PATH"], DIGITPAD_DATA="/data").stdout == "true /data\n"
