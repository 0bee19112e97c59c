"""The dataset: what others load, with the lines that docs/labeling.md shows."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from backend.commands.main import main
from backend.labeling.dataset import SPLITS, split_of
from backend.labeling.queue import Queue
from backend.records import open_recorder
from backend.settings import TOP, Settings
from tools.sample_records import Era, drawing

CODE = re.findall(r"```python\n(.*?)```", (TOP / "docs/labeling.md").read_text(), re.DOTALL)


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of 30 writers, who drew two sevens each; two annotators labeled the first, one person corrected another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSTANCE", str(tmp_path))
    recorder, era = open_recorder(Settings(instance=tmp_path, record_budget_ms=10_000)), Era()
    recorder.start()
    made = [era.record(n, room="ROOM42", pupil=f"p{n % 30}") for n in range(60)]
    for each in made:
        recorder.record(each, drawing())
    for each in made[2:]:
        recorder.correct(each.id, "7")
    recorder.correct(made[1].id, "not_a_digit")
    queue = Queue(recorder)
    for annotator in ("zoe-4711", "max-0815"):
        assert queue.label(annotator, made[0].id, "1")
    recorder.close()
    assert main(["records", "export", "--dataset", "out", "--license", "CC BY 4.0"]) == 0
    return tmp_path / "out"


def test_a_dataset_has_labels_strokes_splits_and_a_card(dataset: Path) -> None:
    rows = list(csv.DictReader((dataset / "drawings.csv").read_text().splitlines()))
    assert len(rows) == 60
    by_writer: dict[str, set[str]] = {}
    for row in rows:
        by_writer.setdefault(row["writer"], set()).add(row["split"])
    assert len(by_writer) == 30
    assert all(len(splits) == 1 for splits in by_writer.values())
    assert {split for splits in by_writer.values() for split in splits} == set(SPLITS)
    (first,) = [row for row in rows if row["label"] == "1"]
    assert (json.loads(first["annotators"]), first["agreed"]) == ({"a1": "1", "a2": "1"}, "True")
    everything = b"".join(path.read_bytes() for path in dataset.iterdir())
    assert not re.search(rb"zoe-4711|max-0815|ROOM42|p17\b", everything)
    strokes = [json.loads(line) for line in (dataset / "strokes.jsonl").read_text().splitlines()]
    assert {each["id"] for each in strokes} == {row["id"] for row in rows}
    assert strokes[0]["strokes"] == [[[1, 2, 3]]]
    with np.load(dataset / "digits.npz") as arrays:
        assert sum(len(arrays[f"{split}_images"]) for split in SPLITS) == 59  # one is not a digit
    card = (dataset / "README.md").read_text()
    assert "60 drawings" in card
    assert "2 annotators; Cohen's kappa: 1.000" in card
    assert first["id"] in card  # the network was sure that it is a 7
    assert "CC BY 4.0" in card
    assert main(["records", "export", "--dataset", "out"]) == 1  # never over another


@pytest.mark.parametrize("library", ["numpy", "pandas", "keras"])
def test_it_loads_in_three_lines(dataset: Path, library: str) -> None:
    (lines,) = [code for code in CODE if code.startswith(f"import {library}")]
    assert len([line for line in lines.splitlines() if line]) == 3
    pytest.importorskip(library)
    names: dict[str, object] = {}
    exec(lines.replace("FOLDER", str(dataset)), names)
    assert 30 < len(names["labels"]) < 60  # type: ignore[arg-type]


def test_a_writer_stays_in_one_split() -> None:
    shares = [split_of(f"writer {n}") for n in range(1000)]
    assert [shares.count(split) for split in SPLITS] == pytest.approx([800, 100, 100], abs=40)
    assert shares == [split_of(f"writer {n}") for n in range(1000)]
