"""The shipped network: its files belong together, both runtimes agree, and the verdict follows from probabilities."""

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

from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Floats, ModelMismatch, Recognizer, load_onnx, network_input, ten_probabilities
from backend.settings import TOP
from tools.drawings import STROKES, draw

FILES = ("model_mnist.json", "model_mnist.h5", "models/model_mnist.onnx")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped model that a test may damage."""
    (tmp_path / "models").mkdir()
    for file in FILES:
        shutil.copy(TOP / file, tmp_path / file)
    return tmp_path


def image_of(digit: int) -> Image:
    return normalize(find_ink(draw(digit)))


# Reading


@pytest.mark.parametrize("digit", STROKES)
def test_it_reads_the_ten_digits(recognizer: Recognizer, digit: int) -> None:
    reading = recognizer.read(image_of(digit))
    assert reading.digit == digit
    assert reading.verdict != "not_a_digit"
    assert reading.confidence == reading.probabilities[digit] == max(reading.probabilities)


def test_the_batch_does_not_matter(recognizer: Recognizer) -> None:
    images = network_input(np.stack([image_of(digit) for digit in STROKES]))
    together = recognizer.network(images)
    alone = np.concatenate([recognizer.network(image[None]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_threads_share_one_network(recognizer: Recognizer) -> None:
    images = [image_of(digit) for digit in STROKES] * 8
    with ThreadPoolExecutor(8) as threads:
        readings = list(threads.map(recognizer.read, images))
    assert readings == [recognizer.read(image) for image in images]


# The verdict

eleven_probabilities = (
    st.lists(st.floats(-30, 30), min_size=11, max_size=11)
    .map(lambda logits: np.exp(np.array(logits) - max(logits)))
    .map(lambda powers: (powers / powers.sum()).astype(np.float32))
)


@given(eleven=eleven_probabilities)
def test_ten_probabilities_sum_to_one_and_keep_their_order(eleven: Floats) -> None:
    ten = ten_probabilities(eleven)
    assert ten.sum() == pytest.approx(1, abs=1e-6)
    assert (ten >= 0).all()
    assert ten[int(eleven[:10].argmax())] == ten.max()


@given(eleven=eleven_probabilities)
def test_the_verdict_follows_from_the_probabilities(recognizer: Recognizer, eleven: Floats) -> None:
    reading = recognizer.judge(eleven)
    assert reading.confidence == max(reading.probabilities)
    assert reading.runner_up != reading.digit
    assert sorted(reading.probabilities)[-2] == reading.probabilities[reading.runner_up]
    if eleven[10] > recognizer.metadata["not_a_digit"]:
        assert reading.verdict == "not_a_digit"
    else:
        assert reading.verdict == ("digit" if reading.confidence >= recognizer.metadata["sure"] else "unsure")


# Its files


def test_the_version_is_the_hash_of_the_weights(recognizer: Recognizer) -> None:
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
    with pytest.raises(ModelMismatch, match=r"model_mnist\.h5 and .*model_mnist\.json are of different trainings"):
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


def test_the_exported_layers_belong_to_the_same_training(recognizer: Recognizer) -> None:
    image = network_input(image_of(5)[None])
    *_, probabilities = load_onnx(TOP / "models" / "model_mnist_layers.onnx", recognizer.metadata)(image)
    np.testing.assert_allclose(probabilities, recognizer.network(image), atol=1e-5)


# The Keras files

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
    """Keras runs in its own process, as with MODEL_RUNTIME=keras."""
    noise = np.random.default_rng(0).random((50, 28, 28, 1), np.float32)
    digits = network_input(np.stack([image_of(digit) for digit in STROKES]))
    images = np.concatenate([noise, digits, np.zeros((1, 28, 28, 1), np.float32)])
    np.save(tmp_path / "images.npy", images)
    command = [sys.executable, "-c", BY_KERAS, str(tmp_path / "images.npy"), str(tmp_path / "keras.npy")]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == recognizer.version
    np.testing.assert_allclose(np.load(tmp_path / "keras.npy"), recognizer.network(images), atol=1e-5)
