"""Copying records from one store to another, with interruptions."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.records.command import copy, main
from backend.records.record import Drawing, Filter
from backend.records.store import Store
from backend.settings import TOP
from tools.sample_records import Era, drawing
from tools.stores import opened


class Interrupted(Exception):
    pass


def test_a_copy_has_all_records_with_drawings_and_labels(store: Store, sqlite_url: str, tmp_path: Path) -> None:
    era, source = Era(), opened(sqlite_url)
    made = {era.record(seconds=n, expected=str(n % 10)): drawing() if n % 7 else None for n in range(150)}
    for each, sent in made.items():
        source.insert(each, sent, None, 20)
    corrected, deleted, *_ = made
    source.correct(corrected.id, "5")
    source.delete(deleted.id)

    assert copy(source, store, tmp_path / "progress", io.StringIO()) == 149

    for each, sent in made.items():
        assert store.get(each.id) == source.get(each.id)
        assert store.drawing(each.id) == (None if each == deleted else sent)
    assert copy(source, store, tmp_path / "progress", io.StringIO()) == 149  # running it again changes nothing
    assert store.get(corrected.id) == source.get(corrected.id)

    *_, last = made
    source.delete(last.id)  # between two copies
    assert copy(source, store, tmp_path / "progress", io.StringIO()) == 148
    assert store.get(last.id) is None
    assert store.drawing(last.id) is None
    source.close()


def test_an_interrupted_copy_continues_after_the_last_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    era = Era()
    source = opened(f"sqlite:///{tmp_path}/source.sqlite")
    target = opened(f"sqlite:///{tmp_path}/target.sqlite")
    made = [era.record(seconds=n) for n in range(700)]
    for each in made:
        source.insert(each, drawing(), None, 20)
    read = source.drawing

    def until_the_third_page(record_id: object) -> Drawing | None:
        if record_id == made[250].id:
            raise Interrupted
        return read(record_id)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(source, "drawing", until_the_third_page)
        with pytest.raises(Interrupted):
            copy(source, target, tmp_path / "progress", io.StringIO())
    assert copy(source, target, tmp_path / "progress", io.StringIO()) == 300  # the first two pages were copied
    assert [each.id for each in target.page(1000, None, Filter()).records] == [each.id for each in reversed(made)]
    assert not (tmp_path / "progress").exists()
    source.close()
    target.close()


def test_a_killed_copy_continues_after_the_last_page(tmp_path: Path) -> None:
    era, urls = Era(), [f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("source", "target")]
    source = opened(urls[0])
    made = {era.record(seconds=n): drawing() for n in range(2000)}
    for each, sent in made.items():
        source.insert(each, sent, None, 20)
    source.close()
    command = [sys.executable, "-m", "backend", "records", "copy", *urls]
    here = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(TOP)}}
    with subprocess.Popen(command, **here) as copying:  # type: ignore[call-overload]
        while not list(tmp_path.glob(".records-copy-*")):
            assert copying.poll() is None
            time.sleep(0.001)
        copying.kill()
    again = subprocess.run(command, capture_output=True, text=True, check=True, **here)  # type: ignore[call-overload]
    assert int(again.stdout.split()[1]) < len(made)
    target = opened(urls[1])
    assert {each: target.drawing(each.id) for each in target.page(2001, None, Filter()).records} == made
    target.close()


def test_the_command_reports_its_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = opened("sqlite:///source.sqlite")
    for n in range(3):
        source.insert(Era().record(seconds=n), drawing(), None, 20)
    source.close()
    assert main(["copy", "sqlite:///source.sqlite", "sqlite:///target.sqlite"]) == 0
    said = capsys.readouterr()
    assert said.out == "Copied 3 records.\n"
    assert "3 of 3 records" in said.err


def test_a_url_that_is_not_a_store_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "sqlite:///x.sqlite", "mysql://somewhere"]) == 1
    assert "must be sqlite:///PATH or cassandra://" in capsys.readouterr().err
