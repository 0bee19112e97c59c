"""The command line: `python -m backend`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backend import __version__
from backend.commands.main import main
from backend.settings import TOP


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *arguments], cwd=TOP, capture_output=True, text=True, timeout=60
    )


def test_version_prints_the_version() -> None:
    ended = run("version")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{__version__}\n", "")


def test_a_setting_that_is_wrong_keeps_the_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    ended = run()  # without a command it serves
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "PORT is 'many'; it must be a whole number.\n"


@pytest.mark.parametrize("arguments", [["sing"], ["serve", "loudly"], ["records"], ["predict"], ["token", "--old"]])
def test_wrong_arguments_are_refused_with_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: digitpad")


COMMANDS = ("serve", "predict", "records", "token", "evaluate", "version")
RECORDS = ("list", "export", "delete", "copy", "backup", "deliver")


@pytest.mark.parametrize(
    "arguments",
    [[], *([name] for name in COMMANDS), *(["records", name] for name in RECORDS)],
    ids=lambda names: " ".join(["digitpad", *names]),
)
def test_every_command_has_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert not ended.value.code
    said = capsys.readouterr()
    assert " ".join(["usage: digitpad", *arguments]) in said.out
    assert said.err == ""


def test_the_help_lists_the_commands_and_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n    {name} " in said
    assert "Exit status: 0, all of it was done; 1," in said
