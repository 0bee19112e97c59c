"""`digitpad records list`, `export` and `delete`, on the records of a server."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from backend.commands.main import main
from backend.records.outbox import Outbox
from backend.records.record import Filter, Record
from backend.records.store import Store
from tools.sample_records import Era, drawing
from tools.stores import opened
from tools.terminal import on_terminal

DIGITPAD = [sys.executable, "-m", "backend"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of an instance in the current folder, which stays open as that of a running server."""
    monkeypatch.chdir(tmp_path)
    for name in ("RECORDS_URL", "INSTANCE"):
        monkeypatch.delenv(name, raising=False)
    Path("instance").mkdir()
    with closing(opened(f"sqlite:///{tmp_path}/instance/records.sqlite")) as store:
        yield store


@pytest.fixture
def made(store: Store) -> list[Record]:
    """Five records, oldest first, on five days."""
    era = Era()
    results = ("7", "3", "not a digit", "7", "1")
    records = [
        era.record(days=n, result=result, source=("canvas", "upload")[n % 2]) for n, result in enumerate(results)
    ]
    for each in records:
        store.insert(each, drawing(), 20)
    store.correct(records[1].id, "8")
    return records


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["records", "list", *arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line)["id"] for line in said.out.splitlines()]


def test_records_are_listed_newest_first(made: list[Record], capsys: pytest.CaptureFixture[str]) -> None:
    ids = [str(each.id) for each in reversed(made)]
    assert listed(capsys) == ids
    assert listed(capsys, "--limit", "2") == ids[:2]


def test_the_list_has_the_filters_of_the_api(made: list[Record], capsys: pytest.CaptureFixture[str]) -> None:
    ids = [str(each.id) for each in made]
    assert listed(capsys, "--result", "not a digit") == [ids[2]]
    assert listed(capsys, "--corrected", "yes") == [ids[1]]
    assert listed(capsys, "--corrected", "no", "--source", "canvas") == [ids[4], ids[2], ids[0]]
    assert listed(capsys, "--verdict", "unsure") == []
    assert listed(capsys, "--label", "8", "--result", "3") == [ids[1]]
    day = json.loads(_one_line(capsys, ids[3]))["date"][:10]
    assert listed(capsys, "--day", day) == [ids[3]]
    assert set(Filter.__struct_fields__) == {"result", "label", "verdict", "corrected", "source", "day"}


def _one_line(capsys: pytest.CaptureFixture[str], record_id: str) -> str:
    assert main(["records", "list"]) == 0
    return next(line for line in capsys.readouterr().out.splitlines() if record_id in line)


def test_on_a_terminal_the_list_is_a_table(made: list[Record]) -> None:
    header, *rows = on_terminal([*DIGITPAD, "records", "list"]).splitlines()
    assert header.split() == ["date", "id", "result", "confidence", "verdict", "label", "source"]
    assert rows[3].split()[1:] == [str(made[1].id), "3", "0.900", "digit", "8", "upload"]


@pytest.mark.usefixtures("store")
def test_an_invalid_filter_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["records", "list", "--day", "yesterday"])
    assert ended.value.code == 2
    assert "--day" in capsys.readouterr().err


def test_a_folder_without_records_is_reported_and_stays_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECORDS_URL", raising=False)
    for command in (["list"], ["export"], ["delete", "0d27372d-e545-11f1-8d68-f71989cf1cb3"]):
        assert main(["records", *command]) == 1
        assert "INSTANCE and RECORDS_URL must be those of the server" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_records_are_exported_in_each_format(made: list[Record], tmp_path: Path) -> None:
    for kind in ("csv", "jsonl", "idx", "npz"):
        assert main(["records", "export", "--format", kind, "--result", "7", "-o", f"sevens.{kind}"]) == 0
    ids = [str(made[3].id), str(made[0].id)]
    assert [row["id"] for row in csv.DictReader(io.StringIO(Path("sevens.csv").read_text()))] == ids
    assert [json.loads(line)["id"] for line in Path("sevens.jsonl").read_text().splitlines()] == ids
    assert zipfile.ZipFile("sevens.idx").namelist() == ["images-idx3-ubyte", "labels-idx1-ubyte"]
    with np.load("sevens.npz") as arrays:
        assert arrays["labels"].tolist() == [7, 7]


@pytest.mark.usefixtures("made")
def test_an_export_goes_to_standard_output_but_not_as_binary_to_a_terminal() -> None:
    assert on_terminal([*DIGITPAD, "records", "export"]).startswith("id,date,")
    assert "npz is not text" in on_terminal([*DIGITPAD, "records", "export", "--format", "npz"], status=1)


def test_a_record_is_deleted_by_its_id(made: list[Record], store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "delete", str(made[0].id)]) == 0
    assert capsys.readouterr().out == "Deleted 1 record.\n"
    assert store.was_deleted(made[0].id)
    assert main(["records", "delete", str(made[0].id)]) == 1
    assert f"There is no record {made[0].id}" in capsys.readouterr().err


def test_a_queued_record_is_deleted(store: Store) -> None:
    queued = Era().record()
    with closing(Outbox(Path("instance/outbox.sqlite"), 1_000_000_000)) as outbox:
        outbox.enqueue(queued, drawing())
        assert main(["records", "delete", str(queued.id)]) == 0
        assert outbox.get(queued.id) is None
        list(outbox.deliver(store, 10))
    assert store.get(queued.id) is None


def test_deleting_several_records_has_to_be_confirmed(
    made: list[Record], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["records", "delete", *(str(each.id) for each in made[:2])]
    assert main(command) == 1
    assert "confirm it with --yes" in capsys.readouterr().err
    assert "Nothing was deleted" in on_terminal([*DIGITPAD, *command], "n\n", status=1)
    assert not store.was_deleted(made[0].id)
    printed = on_terminal([*DIGITPAD, *command], "y\n")
    assert "Delete 2 records and their drawings for good? [y/N]" in printed
    assert store.was_deleted(made[0].id)
    assert store.was_deleted(made[1].id)
    assert main(["records", "delete", "--yes", str(made[2].id), str(made[3].id)]) == 0


@pytest.mark.usefixtures("made")
def test_a_reader_that_stops_is_no_error() -> None:
    assert on_terminal(["bash", "-c", f"{sys.executable} -m backend records list | true"]) == ""
