"""`digitpad retrain`: trains the network on what people have drawn and labeled, and uses it if it passes a gate."""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from backend.commands.connect import recorder_of
from backend.model_folder import model_folder, retrained_folder, switch_to
from backend.reading.image import Image
from backend.reading.recognizer import Recognizer
from backend.records.record import DIGITS, Filter, Record
from backend.records.recorder import Recorder
from backend.records.writers import by_writer
from backend.settings import Settings
from training import gate, retraining
from training.data import TrainingData
from training.download import MissingData
from training.gate import FEWEST_CORRECTED, Comparison, compare
from training.nondigits import NOT_A_DIGIT
from training.retraining import LabeledDrawing, hold_out
from training.retraining_report import Change, markdown, write_report
from training.sources import find_data

BLOCK = 500  # records that are compared at a time


def run(given: argparse.Namespace) -> int:
    """Returns 1 if the new network did not pass. Raises ValueError if there is too little to learn from, or if the
    training data are missing."""
    settings = Settings.from_environment()
    with recorder_of(settings) as recorder:
        learned, held_out = _split(list(_labeled(recorder)))
        data = _training_data(given.data)
        steps = given.steps or retraining.STEPS
        with tqdm(total=steps, desc="Training", unit=" batches", disable=None) as bar:
            model = retraining.retrain(settings.model_dir, data, learned, steps, bar.update)
        folder = _save(model, data, settings)
        old, new = Recognizer(model_folder(settings)), Recognizer(folder)
        comparisons = _compare(data, old, new, held_out)
        difference = gate.exports_differ(folder, data.images[-200:])
        changes = list(_changes(recorder, old, new))
    equal = difference <= gate.EXPORTS_DIFFER
    passed = equal and all(each.passes for each in comparisons)
    if not equal:
        verdict = f"The exports differ by {difference:.4f}. The network stays as it was."
    elif not passed:
        verdict = "The new network did not pass. The network stays as it was."
    else:
        verdict = "The new network passed and is in use now."
    print(f"Learned from {len(learned)} drawings; {len(held_out)} of other writers were held out.\n")
    print(markdown(comparisons))
    print(f"\n{len(changes)} answers to what is recorded change. Exports differ by at most {difference:.1e}.")
    write_report(folder / "report.html", f"Network {old.version} → {new.version}", verdict, comparisons, changes)
    if passed:
        switch_to(settings, folder.name)
    print(f"{verdict} See {folder / 'report.html'}.")
    return 0 if passed else 1


def _training_data(folder: Path | None) -> TrainingData:
    try:
        return TrainingData(find_data(folder))
    except MissingData as error:
        raise ValueError(str(error)) from None


def _labeled(recorder: Recorder) -> Iterator[LabeledDrawing]:
    """The drawings of single digits, or of none, that people have labeled, newest first."""
    writer_of = by_writer()
    for record, seen in tqdm(recorder.export_seen(Filter()), desc="Reading records", disable=None):
        writer, label = writer_of(record), _class(record.meant)
        if label is not None:
            drawing = recorder.drawing(record.id)
            yield LabeledDrawing(
                id=str(record.id),
                seen=_image(seen),
                strokes=None if drawing is None else retraining.strokes_of(drawing.strokes),
                label=label,
                corrected=record.meant != record.read,
                writer=writer,
            )


def _class(label: str | None) -> int | None:
    """The class of a label; None: it is a number, or there is none."""
    if label == "not_a_digit":
        return NOT_A_DIGIT
    return int(label) if label in DIGITS else None


def _image(seen: bytes) -> Image:
    return np.frombuffer(seen, np.uint8).reshape(28, 28)


def _split(drawings: list[LabeledDrawing]) -> tuple[list[LabeledDrawing], list[LabeledDrawing]]:
    """Those to learn from, and those of the writers that are held out."""
    learned, held_out = hold_out(drawings)
    for part, what in ((learned, "to learn from"), (held_out, "held out")):
        corrected = sum(drawing.corrected for drawing in part)
        if corrected < FEWEST_CORRECTED:
            writers = len({drawing.writer for drawing in drawings})
            raise ValueError(
                f"Of {len(drawings)} labeled drawings by {writers} writers, {corrected} that were corrected are {what}"
                f"; at least {FEWEST_CORRECTED} must be, so that an improvement can be told from chance. Let "
                "more people draw and correct. docs/retraining.md says what counts as a writer."
            )
    return learned, held_out


def _save(model: object, data: TrainingData, settings: Settings) -> Path:
    """Write the model into the instance folder, and return its folder, which is named by its version."""
    parent = retrained_folder(settings)
    parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=parent))
    retraining.save(model, data, settings.model_dir, unfinished)
    folder = parent / Recognizer(unfinished).version
    if folder.exists():  # the same drawings make the same network
        shutil.rmtree(unfinished)
    else:
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    return folder


def _compare(data: TrainingData, old: Recognizer, new: Recognizer, held_out: list[LabeledDrawing]) -> list[Comparison]:
    comparisons = gate.compare_kept(data, old, new)
    corrected = [drawing for drawing in held_out if drawing.corrected]
    confirmed = [drawing for drawing in held_out if not drawing.corrected]
    for name, drawings, must in (
        ("recorded, held-out writers, confirmed", confirmed, "not be worse"),
        ("recorded, held-out writers, corrected", corrected, "be better"),
    ):
        images = np.array([drawing.seen for drawing in drawings], np.uint8).reshape(-1, 28, 28)
        labels = np.array([drawing.label for drawing in drawings], np.int64)
        comparisons.append(compare(name, old.network, new.network, images, labels, must))
    test = data.test_images, data.test_labels.astype(np.int64)
    return [*comparisons, compare("MNIST, test images (reported only)", old.network, new.network, *test, must="")]


def _changes(recorder: Recorder, old: Recognizer, new: Recognizer) -> Iterator[Change]:
    """Everything recorded that the two networks read differently."""
    records = tqdm(recorder.export_seen(Filter()), desc="Comparing", unit=" records", disable=None)
    while block := list(itertools.islice(records, BLOCK)):
        images = np.stack([_image(seen) for _, seen in block])
        before, after = (gate.answers(each.network, images) for each in (old, new))
        for k in np.flatnonzero(before != after).tolist():
            yield _change(block[k][0], images[k], int(before[k]), int(after[k]))


def _change(record: Record, seen: Image, old: int, new: int) -> Change:
    return Change(str(record.id), seen, _class(record.meant), old, new)
