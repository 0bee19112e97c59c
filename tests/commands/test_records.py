"""Copying records from one store to another and delivering an outbox, with interruptions."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from backend.commands import connect
from backend.commands.copy import copy
from backend.commands.main import main
from backend.records.outbox import Outbox
from backend.records.record import Drawing, Filter, Record
from backend.records.store import Store
from backend.settings import TOP
from tools.sample_records import Era, drawing
from tools.stores import opened
from tools.terminal import on_terminal


class Interrupted(Exception):
    pass


def test_a_copy_has_all_records_with_drawings_and_labels(store: Store, sqlite_url: str, tmp_path: Path) -> None:
    era, source = Era(), opened(sqlite_url)
    made = {era.record(seconds=n, expected=str(n % 10)): drawing() if n % 7 else None for n in range(150)}
    for each, sent in made.items():
        source.insert(each, sent, 20)
    corrected, deleted, *_ = made
    source.correct(corrected.id, "5")
    source.delete(deleted.id)

    assert copy(source, store, tmp_path / "progress") == 149

    for each, sent in made.items():
        assert store.get(each.id) == source.get(each.id)
        assert store.drawing(each.id) == (None if each == deleted else sent)
    assert copy(source, store, tmp_path / "progress") == 149  # running it again changes nothing
    assert store.get(corrected.id) == source.get(corrected.id)

    *_, last = made
    source.delete(last.id)  # between two copies
    assert copy(source, store, tmp_path / "progress") == 148
    assert store.get(last.id) is None
    assert store.drawing(last.id) is None
    source.close()


def test_an_interrupted_copy_continues_after_the_last_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    era = Era()
    source = opened(f"sqlite:///{tmp_path}/source.sqlite")
    target = opened(f"sqlite:///{tmp_path}/target.sqlite")
    made = [era.record(seconds=n) for n in range(700)]
    for each in made:
        source.insert(each, drawing(), 20)
    read = source.drawing

    def until_the_third_page(record_id: object) -> Drawing | None:
        if record_id == made[250].id:
            raise Interrupted
        return read(record_id)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(source, "drawing", until_the_third_page)
        with pytest.raises(Interrupted):
            copy(source, target, tmp_path / "progress")
    assert copy(source, target, tmp_path / "progress") == 300  # the first two pages were copied
    assert [each.id for each in target.page(1000, None, Filter()).records] == [each.id for each in reversed(made)]
    assert not (tmp_path / "progress").exists()
    source.close()
    target.close()


def test_a_killed_copy_continues_after_the_last_page(tmp_path: Path) -> None:
    era, urls = Era(), [f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("source", "target")]
    source = opened(urls[0])
    made = {era.record(seconds=n): drawing() for n in range(2000)}
    for each, sent in made.items():
        source.insert(each, sent, 20)
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


@pytest.fixture
def three_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file source.sqlite in the working directory."""
    monkeypatch.chdir(tmp_path)
    with closing(opened("sqlite:///source.sqlite")) as source:
        for n in range(3):
            source.insert(Era().record(seconds=n), drawing(), 20)


COPY = ["records", "copy", "sqlite:///source.sqlite", "sqlite:///target.sqlite"]


@pytest.mark.usefixtures("three_records")
def test_the_command_is_quiet_when_not_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COPY) == 0
    assert capsys.readouterr() == ("Copied 3 records.\n", "")


@pytest.mark.usefixtures("three_records")
def test_the_command_reports_its_progress_on_a_terminal() -> None:
    assert "3/3" in on_terminal([sys.executable, "-m", "backend", *COPY])


def test_a_url_that_is_not_a_store_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "copy", "sqlite:///x.sqlite", "mysql://somewhere"]) == 1
    assert "must be sqlite:///PATH or cassandra://" in capsys.readouterr().err


def queue(folder: Path, records: Iterable[Record]) -> Outbox:
    """An outbox in `folder` in which the records are queued."""
    outbox = Outbox(folder / "outbox.sqlite", 1_000_000_000)
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda each: outbox.enqueue(each, drawing()), records))
    return outbox


def stored(url: str) -> list[Record]:
    with closing(opened(url)) as store:
        return list(store.page(5000, None, Filter()).records)


@pytest.fixture
def lost_host(tmp_path: Path) -> Path:
    """The instance folder of a host that never returns, with two records, a correction and a deletion queued."""
    era, folder = Era(), tmp_path / "lost"
    folder.mkdir()
    corrected, deleted = era.record(), era.record(seconds=1)
    with closing(queue(folder, [corrected, deleted])) as outbox:
        outbox.correct(corrected.id, "3")
        outbox.delete(deleted.id)
    return folder


def test_the_outbox_of_a_lost_host_is_delivered_from_its_folder(
    lost_host: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECORDS_URL", sqlite_url)
    assert main(["records", "deliver", str(lost_host)]) == 0
    assert capsys.readouterr().out == "Delivered 4 operations.\n"
    assert [each.label for each in stored(sqlite_url)] == ["3"]
    assert main(["records", "deliver", str(lost_host)]) == 0
    assert capsys.readouterr().out == "Delivered 0 operations.\n"


def test_a_killed_delivery_continues_and_duplicates_nothing(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    era = Era()
    made = [era.record(seconds=n) for n in range(2000)]
    queue(tmp_path, made).close()
    monkeypatch.setenv("RECORDS_URL", sqlite_url)
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as outbox:

        def left() -> int:
            return int(outbox.execute("SELECT count(*) FROM operations").fetchone()[0])

        deliver = [sys.executable, "-m", "backend", "records", "deliver", str(tmp_path)]
        with subprocess.Popen(deliver, cwd=TOP) as delivering:
            while left() == len(made):
                assert delivering.poll() is None
                time.sleep(0.001)
            delivering.kill()
        assert left() > 0
    assert main(["records", "deliver", str(tmp_path)]) == 0
    assert stored(sqlite_url) == made[::-1]


def test_a_folder_without_an_outbox_is_rejected(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECORDS_URL", sqlite_url)
    assert main(["records", "deliver", str(tmp_path)]) == 1
    assert f"There is no outbox.sqlite in {tmp_path}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_delivery_needs_a_records_url(
    lost_host: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RECORDS_URL", raising=False)
    assert main(["records", "deliver", str(lost_host)]) == 1
    assert "RECORDS_URL is not set" in capsys.readouterr().err


def test_an_outbox_that_a_server_delivers_is_left_to_it(
    lost_host: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECORDS_URL", sqlite_url)
    with open(lost_host / "outbox.sqlite.delivery", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["records", "deliver", str(lost_host)]) == 1
    said = capsys.readouterr().err
    assert "Another process is delivering" in said
    assert "Delivered 0, 4 are still queued." in said
    assert stored(sqlite_url) == []


def test_an_unavailable_store_is_reported_and_everything_stays_queued(
    lost_host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connect, "TIMEOUT", 0.2)
    monkeypatch.setenv("RECORDS_URL", f"sqlite:///{lost_host}")  # a folder, not a file
    assert main(["records", "deliver", str(lost_host)]) == 1
    said = capsys.readouterr().err
    assert "lost can't be used" in said
    assert "Delivered 0, 4 are still queued." in said
    monkeypatch.setenv("RECORDS_URL", f"sqlite:///{tmp_path}/records.sqlite")
    assert main(["records", "deliver", str(lost_host)]) == 0
