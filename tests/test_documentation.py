"""The documentation is right: its commands and examples run, and what it refers to exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.settings import TOP
from tools.drawings import SEVEN, SEVEN_URL
from tools.server import Server

PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
ALL_PAGES = [*sorted(TOP.glob("*.md")), *PAGES[1:]]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
COMMAND = re.compile(r"^(    )?(script/|docker |curl |python |pip |\.venv/|[A-Z_]+=\S+ script/)", re.MULTILINE)

# Blocks that contain one of these are not run, each for a reason.
NOT_RUN = {
    "script/server": "it serves until it is stopped; the fixture below starts the same server",
    "script/cassandra start": "it starts a node for good; tests/records/ starts nodes with it",
    "script/train": "it trains for hours; tests/test_training.py runs its steps",
    "script/digitpad retrain": "it trains for minutes; tests/commands/test_retrain.py trains a little",
    "/etc/letsencrypt": "it needs a certificate; tests/deploy/test_haproxy.py signs one",
    "docker ": "it needs Docker; tests/deploy/ checks the compose files",
    "prometheus --config.file": "it runs until it is stopped; tests/deploy/test_monitoring.py runs it",
    "--dataset": "it writes a folder; tests/labeling/test_dataset.py writes and loads one",
    "FOLDER/": "it needs that folder; tests/labeling/test_dataset.py runs it",
    'np.load("pens.npz")': "it needs the training data; tests/test_training.py reads the same file",
}


class Example(NamedTuple):
    page: str
    language: str
    text: str

    @property
    def reason(self) -> str | None:
        """Why it is not run."""
        return next((reason for part, reason in NOT_RUN.items() if part in self.text), None)


EXAMPLES = [Example(page.name, *found) for page in PAGES for found in BLOCK.findall(page.read_text())]
RUN = [each for each in EXAMPLES if each.reason is None]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server that asks for its token and has a record, and the environment of commands that run beside it."""
    folder = tmp_path / "documentation"
    folder.mkdir()
    (folder / "seven.png").write_bytes(SEVEN)
    (folder / "script").mkdir()
    for script, module in {"digitpad": "backend", "static": "tools.static_site"}.items():
        (folder / "script" / script).write_text(f'#!/bin/sh\nPYTHONPATH={TOP} exec {sys.executable} -m {module} "$@"\n')
        (folder / "script" / script).chmod(0o755)
    shutil.copytree(TOP / "deploy", folder / "deploy")
    settings = {"HOST": "0.0.0.0", "INSTANCE": str(folder / "instance"), "WORKERS": "1", "RECORD_BUDGET_MS": "10000"}
    with Server(settings, log=folder / "log") as server:
        urllib.request.urlopen(f"{server.url}/predict", SEVEN_URL.encode()).close()
        yield server, {**os.environ, **settings, "PWD": str(folder)}


@pytest.mark.parametrize("example", RUN, ids=lambda each: f"{each.page}: {each.text.splitlines()[0]}")
def test_an_example_runs(example: Example, place: tuple[Server, dict[str, str]]) -> None:
    server, environment = place
    text = example.text.replace("http://127.0.0.1:5000", server.url)
    commands = {
        "sh": ["bash", "-euo", "pipefail", "-c", text],
        "python": [sys.executable, "-W", "error", "-c", text],
        "js": ["node", "--input-type=module", "--eval", text],
    }
    ended = subprocess.run(
        commands[example.language],
        cwd=environment["PWD"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if example.language != "sh":
        assert re.fullmatch(r"7 0\.\d+ digit\n", ended.stdout)


def test_every_reason_for_not_running_an_example_is_needed() -> None:
    for part in NOT_RUN:
        assert any(part in each.text for each in EXAMPLES), part


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_in_a_block_with_its_language(page: Path) -> None:
    assert {each.language for each in EXAMPLES} == {"sh", "python", "js"}
    outside = BLOCK.sub("", page.read_text())
    found = [found for found in COMMAND.finditer(outside) if found[1] is not None]
    lines = [outside[each.start() :].splitlines()[0] for each in found]
    assert [line for line in lines if not line.startswith("    script/     ")] == []  # the layout of the project


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_test_in_the_security_checklist_exists() -> None:
    named = TEST.findall((TOP / "docs/asvs.md").read_text())
    assert len(named) > 50
    for path, name in named:
        assert f"\ndef {name}(" in (TOP / path).read_text(), f"{path}::{name}"
