"""The network that ships: its files belong together, both runtimes agree, the verdict follows from probabilities."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Floats, ModelMismatch, Recognizer, among_digits, open_onnx
from backend.settings import TOP
from tools.drawings import STROKES, draw

FILES = ("model_mnist.json", "model_mnist.h5", "models/model_mnist.onnx")


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(TOP)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped model in a folder where it may be harmed."""
    (tmp_path / "models").mkdir()
    for file in FILES:
        shutil.copy(TOP / file, tmp_path / file)
    return tmp_path


def picture_of(digit: int) -> NDArray[np.uint8]:
    return normalize(find_ink(draw(digit)))


# Reading


@pytest.mark.parametrize("digit", STROKES)
def test_it_reads_the_ten_digits(recognizer: Recognizer, digit: int) -> None:
    reading = recognizer.read(picture_of(digit))
    assert reading.digit == digit
    assert reading.verdict != "not_a_digit"
    assert reading.confidence == reading.probabilities[digit] == max(reading.probabilities)


def test_a_picture_alone_is_read_as_it_is_among_others(recognizer: Recognizer) -> None:
    pictures = np.stack([picture_of(digit) for digit in STROKES])[..., None].astype(np.float32) / np.float32(255)
    together = recognizer.network(pictures)
    alone = np.concatenate([recognizer.network(picture[None]) for picture in pictures])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_threads_share_one_network(recognizer: Recognizer) -> None:
    pictures = [picture_of(digit) for digit in STROKES] * 8
    with ThreadPoolExecutor(8) as threads:
        readings = list(threads.map(recognizer.read, pictures))
    assert readings == [recognizer.read(picture) for picture in pictures]


# The verdict

eleven_probabilities = (
    st.lists(st.floats(-30, 30), min_size=11, max_size=11)
    .map(lambda logits: np.exp(np.array(logits) - max(logits)))
    .map(lambda powers: (powers / powers.sum()).astype(np.float32))
)


@given(eleven=eleven_probabilities)
def test_ten_probabilities_sum_to_one_and_keep_their_order(eleven: Floats) -> None:
    ten = among_digits(eleven)
    assert ten.sum() == pytest.approx(1, abs=1e-6)
    assert (ten >= 0).all()
    assert ten[int(eleven[:10].argmax())] == ten.max()


@given(eleven=eleven_probabilities)
def test_the_verdict_follows_from_the_probabilities(recognizer: Recognizer, eleven: Floats) -> None:
    reading = recognizer.judge(eleven)
    assert reading.confidence == max(reading.probabilities)
    assert reading.runner_up != reading.digit
    assert sorted(reading.probabilities)[-2] == reading.probabilities[reading.runner_up]
    if eleven[10] > recognizer.about["not_a_digit"]:
        assert reading.verdict == "not_a_digit"
    else:
        assert reading.verdict == ("digit" if reading.confidence >= recognizer.about["sure"] else "unsure")


# Its files


def test_the_version_is_of_the_weights(recognizer: Recognizer) -> None:
    weights = (TOP / "model_mnist.h5").read_bytes()
    assert hashlib.sha256(weights).hexdigest().startswith(recognizer.version)
    assert len(recognizer.version) == 12


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(copied: Path, file: str) -> None:
    (copied / file).unlink()
    with pytest.raises(ModelMismatch, match=rf"{file} is missing\. Run script/train"):
        Recognizer(copied)


@pytest.mark.parametrize("file", ["model_mnist.json", "models/model_mnist.onnx"])
def test_a_damaged_file_is_named(copied: Path, file: str) -> None:
    (copied / file).write_bytes((copied / file).read_bytes()[:5000])
    with pytest.raises(ModelMismatch, match=rf"{file} is damaged\. Run script/train"):
        Recognizer(copied)


def test_weights_of_another_training_are_refused(copied: Path) -> None:
    weights = bytearray((copied / "model_mnist.h5").read_bytes())
    weights[-1] ^= 1
    (copied / "model_mnist.h5").write_bytes(weights)
    with pytest.raises(ModelMismatch, match=r"model_mnist\.h5 is not the weights that .*model_mnist\.json"):
        Recognizer(copied)


def test_an_export_of_another_training_is_refused(copied: Path) -> None:
    shutil.copy(TOP / "models" / "model_softmax.onnx", copied / "models" / "model_mnist.onnx")
    with pytest.raises(ModelMismatch, match=r"model_mnist\.onnx is not an export of"):
        Recognizer(copied)


@pytest.mark.parametrize("found", [0, 99, None])
def test_files_of_another_format_are_refused(copied: Path, found: int | None) -> None:
    architecture = json.loads((copied / "model_mnist.json").read_text())
    architecture["digitpad"] = {} if found is None else architecture["digitpad"] | {"format": found}
    (copied / "model_mnist.json").write_text(json.dumps(architecture))
    with pytest.raises(ModelMismatch, match=rf"has format {'none' if found is None else found}, this version reads"):
        Recognizer(copied)


def test_the_exported_layers_are_of_the_same_training(recognizer: Recognizer) -> None:
    picture = picture_of(5)[None, :, :, None].astype(np.float32) / np.float32(255)
    *_, probabilities = open_onnx(TOP / "models" / "model_mnist_layers.onnx", recognizer.about)(picture)
    np.testing.assert_allclose(probabilities, recognizer.network(picture), atol=1e-5)


# json + h5 themselves

BY_KERAS = """
import sys
from pathlib import Path
import numpy as np
from backend.reading.recognizer import Recognizer
recognizer = Recognizer(Path(), "keras")
np.save(sys.argv[2], recognizer.network(np.load(sys.argv[1])))
print(recognizer.version)
"""


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed (requirements/train.txt)")
def test_keras_and_onnx_agree(recognizer: Recognizer, tmp_path: Path) -> None:
    """Keras in a process of its own, as MODEL_RUNTIME=keras has it."""
    noise = np.random.default_rng(0).random((50, 28, 28, 1), np.float32)
    digits = np.stack([picture_of(digit) for digit in STROKES])[..., None].astype(np.float32) / np.float32(255)
    pictures = np.concatenate([noise, digits, np.zeros((1, 28, 28, 1), np.float32)])
    np.save(tmp_path / "pictures.npy", pictures)
    command = [sys.executable, "-c", BY_KERAS, str(tmp_path / "pictures.npy"), str(tmp_path / "keras.npy")]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == recognizer.version
    np.testing.assert_allclose(np.load(tmp_path / "keras.npy"), recognizer.network(pictures), atol=1e-5)
