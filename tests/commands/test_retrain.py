"""`digitpad retrain`: a whole, short training on real drawings, the gate, and the way back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.commands.main import main
from backend.model_folder import model_folder, retrained_folder, switch_to
from backend.reading.recognizer import Recognizer
from backend.settings import TOP, Settings
from tests import data
from tests.networks import another_network
from tools.drawings import STROKES
from tools.measure.retraining import STYLES, drawn
from tools.sample_records import Era, drawing
from tools.stores import opened
from training.retraining import LabeledDrawing, hold_out, strokes_of
from training.sources import Pens

STEPS = "6"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("INSTANCE", str(tmp_path))
    return Settings(instance=tmp_path)


def record_ones_with_bars(settings: Settings) -> None:
    """Real drawings of a style that the network misreads, by pupils of a room who have corrected them."""
    others = Pens(data.folder("pens_other.npz") / "pens_other.npz")
    recognizer, style = Recognizer(TOP), STYLES[0]
    chosen = np.flatnonzero((others.split == "train") & (others.label == style.signs[0]))
    store, era = opened(settings.records), Era()
    for n, i in enumerate(chosen.tolist()):
        made = drawn(others, i, style)
        reading = recognizer.read(made.seen)
        record = era.record(
            seconds=n,
            result=reading.result,
            digit=reading.digit,
            probabilities=reading.probabilities,
            verdict=reading.verdict,
            room="ABC234",
            pupil=made.writer,
        )
        strokes = json.dumps([np.pad(stroke, ((0, 0), (0, 1))).tolist() for stroke in made.strokes or []])
        store.insert(record, drawing(seen=made.seen.tobytes(), strokes=strokes.encode()), 20)
        store.correct(record.id, "1")
    store.close()


def test_it_trains_compares_reports_and_does_what_the_gate_says(instance: Settings) -> None:
    """A training this short may pass or not; tools/measure/retraining.py shows what a whole one achieves."""
    folder = data.folder("mnist", "pens.npz", "pens_other.npz")
    record_ones_with_bars(instance)
    command = [sys.executable, "-m", "backend", "retrain", "--data", str(folder), "--steps", STEPS]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True)  # TensorFlow stays out of this process
    said = ended.stdout
    assert "recorded, held-out writers, corrected | 31 | 0.00% |" in said, ended.stderr
    passes = "| fails |" not in said
    assert ended.returncode == (0 if passes else 1)
    assert ("The new network passed and is in use now." in said) == passes
    [trained] = (path for path in retrained_folder(instance).iterdir() if path.is_dir())
    assert model_folder(instance) == (trained if passes else TOP)
    assert Recognizer(trained).version == trained.name != Recognizer(TOP).version
    assert "labeled 1" in (trained / "report.html").read_text()


def test_a_switch_is_undone_by_one_command(instance: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    switch_to(instance, another_network(retrained_folder(instance)))
    assert main(["retrain", "--roll-back"]) == 0
    assert model_folder(instance) == TOP
    assert main(["retrain", "--roll-back"]) == 1
    assert "There is nothing to undo" in capsys.readouterr().err


def test_with_too_few_corrections_it_says_so_before_it_trains(
    instance: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    store, era = opened(instance.records), Era()
    for n in range(8):
        record = era.record(seconds=n)
        store.insert(record, drawing(strokes=None), 20)
        store.correct(record.id, "1")
    store.close()
    assert main(["retrain"]) == 1
    assert "Of 8 labeled drawings by 1 writers, 0 that were corrected are to learn from" in capsys.readouterr().err
    assert not (instance.instance / "models").exists()


def labeled(writer: str) -> LabeledDrawing:
    return LabeledDrawing("", np.zeros((28, 28), np.uint8), None, 1, True, writer)


def test_no_writer_is_on_both_sides() -> None:
    learned, held_out = hold_out([labeled(f"writer {n % 10}") for n in range(50)])
    assert len(held_out) == 15
    assert not {each.writer for each in learned} & {each.writer for each in held_out}


def test_strokes_are_points_without_their_times() -> None:
    made = strokes_of(json.dumps([[[x, y, 5.5] for x, y in stroke] for stroke in STROKES[8]] + [[]]).encode())
    assert made is not None
    assert [stroke.tolist() for stroke in made] == [[[x, y] for x, y in stroke] for stroke in STROKES[8]]
    assert strokes_of(None) is strokes_of(b"[]") is None
