"""`digitpad predict`: reading files without a server."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from backend.commands.main import main
from tools.drawings import SEVEN, as_file, draw
from tools.terminal import on_terminal


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seven.png").write_bytes(SEVEN)
    Path("three.jpg").write_bytes(as_file(draw(3), ".jpg"))
    Path("notes.txt").write_text("no picture")


def test_each_file_is_a_line_of_json_when_not_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "seven.png", "three.jpg"]) == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [(each["file"], each["result"], each["verdict"]) for each in lines] == [
        ("seven.png", "7", "digit"),
        ("three.jpg", "3", "digit"),
    ]
    assert lines[0]["digit"] == 7
    assert sum(lines[0]["probabilities"]) == pytest.approx(1)
    assert lines[0]["confidence"] == max(lines[0]["probabilities"])
    assert said.err == ""


def test_files_that_cannot_be_read_are_reported_and_the_others_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "notes.txt", "missing.png", ".", "seven.png"]) == 1
    said = capsys.readouterr()
    assert [json.loads(line)["file"] for line in said.out.splitlines()] == ["seven.png"]
    assert said.err.splitlines() == [
        "notes.txt: The file is not a PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or HEIC image.",
        "missing.png: No such file or directory",
        ".: Is a directory",
    ]


def test_a_dash_is_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SEVEN)))
    assert main(["predict", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == "7"


def test_on_a_terminal_there_is_a_table_and_a_progress_bar_that_disappears() -> None:
    command = [sys.executable, "-m", "backend", "predict", "seven.png", "three.jpg"]
    printed = on_terminal(command)
    assert "file       result       confidence  verdict\n" in printed
    assert "seven.png  7    " in printed
    assert "0/2" in printed
    assert "0/2" not in on_terminal(command[:-1])  # a bar for one file would only flicker


def test_json_can_be_chosen_on_a_terminal() -> None:
    printed = on_terminal([sys.executable, "-m", "backend", "predict", "--json", "seven.png"])
    assert json.loads(printed)["result"] == "7"


def test_a_missing_network_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MODEL_DIR", "elsewhere")
    assert main(["predict", "seven.png"]) == 1
    assert "elsewhere/model_mnist.json is missing" in capsys.readouterr().err
