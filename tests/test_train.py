"""training/train.py: the targets of distillation, and trainings that are interrupted or go on from a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import data
from training import data as data_module
from training import train as train_module
from training.data import TrainingData
from training.epochs import Epochs
from training.network import average, build, calibrate
from training.schedule import Schedule
from training.sources import split_writers
from training.train import agreed, train

SCHEDULE = Schedule(epochs=2, passes=2, most=None, rate=2.5e-3)


class Teacher:
    """A network with given probabilities."""

    def __init__(self, *probabilities: list[float]) -> None:
        self._logits = np.log(np.array(probabilities, np.float32))

    def predict(self, images: NDArray[np.float32], batch_size: int, verbose: int) -> NDArray[np.float32]:
        return np.asarray(self._logits[: len(images)])


def test_targets_are_the_teachers_probabilities_where_they_agree_with_the_label() -> None:
    teachers = [Teacher([0.2, 0.7, 0.1], [0.9, 0.05, 0.05]), Teacher([0.4, 0.5, 0.1], [0.3, 0.4, 0.3])]
    labels = np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    found = agreed(teachers, np.zeros((2, 28, 28, 1), np.float32), labels)
    np.testing.assert_allclose(found, [[0.3, 0.6, 0.1], [0.0, 1.0, 0.0]], atol=1e-6)


class Interrupted(Exception):
    pass


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> TrainingData:
    """A small part of the training data."""
    folder = data.folder("mnist", "pens.npz", "pens_other.npz")
    for name in ("OTHERS", "INVENTED", "NUMBERS", "CROPS", "PHOTOGRAPHS"):
        monkeypatch.setattr(data_module, name, 10)
    monkeypatch.setattr(data_module, "split_writers", lambda pens: tuple(part[:30] for part in split_writers(pens)))
    few = TrainingData(folder)
    few.mnist_train = few.mnist_train[:100]
    return few


def small_network(arch: str = "digitpad") -> Any:
    """Softmax regression with eleven classes, which learns within a second."""
    import keras

    softmax = build("softmax")
    return keras.Model(softmax.input, keras.layers.Dense(11, name="logits")(softmax.layers[-2].output))


def weights_of(model: Any) -> list[NDArray[np.float32]]:
    return [np.array(each) for each in model.get_weights()]


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of TensorFlow, when Keras saves
def test_a_resumed_training_gives_the_same_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, few: TrainingData
) -> None:
    monkeypatch.setattr(train_module, "build", small_network)

    def trained(keep: str, resume: bool) -> list[NDArray[np.float32]]:
        return weights_of(train(data.folder(), few, 5, SCHEDULE, tmp_path / keep, resume))

    whole = trained("whole", resume=False)
    get = Epochs.get

    def interrupt(epochs: Epochs, epoch: int) -> object:
        if epoch == 1:
            epochs.close()
            raise Interrupted
        return get(epochs, epoch)

    with monkeypatch.context() as power_cut:
        power_cut.setattr(Epochs, "get", interrupt)
        with pytest.raises(Interrupted):
            trained("interrupted", resume=True)
    for resumed, same in zip(trained("interrupted", resume=True), whole, strict=True):
        np.testing.assert_array_equal(resumed, same)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("rate", [0.0, 1e-3])
def test_a_training_goes_on_from_a_network(rate: float, tmp_path: Path, few: TrainingData) -> None:
    start = small_network()
    before = weights_of(start)
    after = weights_of(train(data.folder(), few, 5, Schedule(2, 1, 50, rate), tmp_path, False, start=start))
    same = all(np.allclose(a, b, atol=1e-6) for a, b in zip(before, after, strict=True))
    assert same == (rate == 0)


def test_an_epoch_has_at_most_the_samples_of_its_schedule(few: TrainingData) -> None:
    whole = few.epoch(np.random.default_rng(1))
    assert few.epoch(np.random.default_rng(1), 50) == whole[:50]
    kinds = {"mnist", "pens", "other", "invented", "number", "straight", "crop", "photograph"}
    assert {kind for kind, _ in whole} == kinds


def test_two_networks_are_averaged_and_stay_as_they_are() -> None:
    a, b = small_network(), small_network()
    calibrate(b, 2.0)
    mean = weights_of(average(a, b))
    for each, x, y in zip(mean, weights_of(a), weights_of(b), strict=True):
        np.testing.assert_allclose(each, (x + y) / 2, atol=1e-7)
    assert not np.allclose(mean[0], weights_of(a)[0])


def test_a_calibrated_network_has_the_logits_divided_by_the_temperature() -> None:
    network, image = small_network(), np.random.default_rng(1).random((1, 28, 28, 1), np.float32)
    before = np.array(network(image))
    calibrate(network, 2.0)
    np.testing.assert_allclose(np.array(network(image)), before / 2, rtol=1e-5)
