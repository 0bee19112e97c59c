"""Everything that is installed has a pinned version and a hash, and a license that is allowed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker

from backend.settings import TOP

REQUIREMENTS = TOP / "requirements"
SETS = ("serve", "train", "test", "audit", "peers")
PINNED = re.compile(
    r"^([a-z0-9.-]+)==(\S+)(?: ; (.*))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def wanted(name: str) -> set[str]:
    """The packages that a file in requirements/ names, with those of the files that it includes."""
    found: set[str] = set()
    for line in (REQUIREMENTS / f"{name}.txt").read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            found |= wanted(Path(line.removeprefix("-r ")).stem)
        elif line:
            found.add(re.split("==|<|;", line)[0].strip().lower())
    return found


def pinned(name: str) -> dict[str, str]:
    """The packages and versions in a lock file, without those of other platforms and versions of Python."""
    return {
        package: version
        for package, version, marker, _ in PINNED.findall(locked(name))
        if not marker or Marker(marker).evaluate()
    }


def locked(name: str) -> str:
    return (REQUIREMENTS / "lock" / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    rest = PINNED.sub("", locked(name)).splitlines()
    assert [line for line in rest if not line.startswith("#")] == []
    assert wanted(name) <= {package for package, *_ in PINNED.findall(locked(name))}


@pytest.mark.parametrize("name", ["serve", "train", "audit"])
def test_the_tests_run_with_the_versions_that_are_installed_elsewhere(name: str) -> None:
    assert pinned(name).items() <= pinned("test").items()


@pytest.mark.parametrize("folder", [".", "tools/measure/runtimes"])
def test_every_npm_package_has_a_hash(folder: str) -> None:
    packages = json.loads((TOP / folder / "package-lock.json").read_text())["packages"]
    assert len(packages) > 2
    for name, package in packages.items():
        assert name == "" or package["integrity"].startswith("sha512-"), name


def test_jars_with_other_hashes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    for name in ("cassandra", "cassandra-pom.xml", "cassandra-jars.sha256"):
        (tmp_path / "script" / name).write_bytes((TOP / "script" / name).read_bytes())
    (tmp_path / "script/cassandra").chmod(0o755)
    (tmp_path / "bin").mkdir()
    for name in ("java", "mvn"):  # Maven finds one jar, which is not in the list
        (tmp_path / "bin" / name).write_text('#!/bin/sh\nmkdir -p "${7#*=}" && echo >"${7#*=}/other.jar"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    ended = subprocess.run(
        [tmp_path / "script/cassandra", "start"],
        env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "CASSANDRA_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "The jars are not those of script/cassandra-jars.sha256" in ended.stderr


def test_the_licenses_of_what_the_server_installs_are_allowed() -> None:
    environment = {**os.environ, "PIP_LICENSES": str(Path(sys.executable).with_name("pip-licenses"))}
    ended = subprocess.run(
        ["script/licenses", "--format=json"], cwd=TOP, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    listed = {each["Name"].lower().replace("_", "-") for each in json.loads(ended.stdout)}
    assert listed == pinned("serve").keys()
