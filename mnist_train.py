"""Trains Digitpad's network and writes model_mnist.json, model_mnist.h5 and, in models/, its ONNX exports.

Accuracy on MNIST's 10,000 test images: mean 99.657 %, sd 0.025 % over 3 seeds; the shipped network, distilled from
the three, reaches 99.71 %. An epoch takes 92 s on four cores, one network 25 minutes, and all four 110 minutes.

    python mnist_train.py              three networks, and the shipped one, distilled from the three
    python mnist_train.py --arch cnn   a textbook CNN, or softmax regression, on plain MNIST
    python mnist_train.py --quick      a small network that reaches 99 % within a minute
    python mnist_train.py --continue   trains the shipped network further, and averages it with the result
    python mnist_train.py --resume     goes on with an interrupted training after its last complete epoch

The data are downloaded once, unless --data or DIGITPAD_DATA names a folder that contains them (docs/data.md).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

from backend.reading.recognizer import network_input
from backend.settings import TOP
from training import plain
from training.data import TrainingData
from training.download import MissingData
from training.network import average, calibrate, export, load_network, with_softmax, write
from training.schedule import CONTINUED, FROM_SCRATCH
from training.sources import DATA_HELP, find_data
from training.train import accuracy, train
from training.tuning import tune

CONTINUED_SEED = 10  # another one than those of the networks trained from scratch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--arch", choices=("digitpad", "cnn", "softmax", "quick"), default="digitpad")
    parser.add_argument("--quick", dest="arch", action="store_const", const="quick", help="same as --arch quick")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="default: 0; for the shipped network 0 1 2, from which it is distilled"
    )
    parser.add_argument(
        "--epochs",
        type=int,
        help=f"default: {FROM_SCRATCH.epochs}, {plain.EPOCHS} for plain networks, {plain.QUICK_EPOCHS} for quick",
    )
    parser.add_argument(
        "--continue",
        dest="further",
        action="store_true",
        help="train the network in this folder further, and average the weights before and after",
    )
    parser.add_argument("--keep", type=Path, default=Path(".cache/train"), help="folder for checkpoints")
    parser.add_argument(
        "--resume", action="store_true", help="go on after the last epoch of an interrupted run, from its checkpoints"
    )
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the model files")
    options = parser.parse_args()
    try:
        options.data = find_data(options.data)
    except MissingData as error:
        parser.error(str(error))
    data = TrainingData(options.data)
    schedule = CONTINUED if options.further else FROM_SCRATCH
    schedule = schedule._replace(epochs=options.epochs or schedule.epochs)
    if options.further:
        shipped, start = load_network(TOP), load_network(TOP)
        model = train(options.data, data, CONTINUED_SEED, schedule, options.keep, options.resume, [shipped], start)
        calibrate(model, tune(model, data)[0])
        finish(average(shipped, model), data, options.out)
        return
    seeds = options.seeds or ([0, 1, 2] if options.arch == "digitpad" else [0])
    scores, teachers = [], []
    for seed in seeds:
        out = options.out if len(seeds) == 1 else options.keep / f"seed{seed}"
        out.mkdir(parents=True, exist_ok=True)
        if options.arch == "digitpad":
            model = train(options.data, data, seed, schedule, options.keep, options.resume)
        else:
            epochs = options.epochs or (plain.QUICK_EPOCHS if options.arch == "quick" else plain.EPOCHS)
            model = plain.train_plain(options.arch, data, seed, epochs)
        scores.append(score(f"seed {seed}", model, data))
        if options.arch == "digitpad":
            write(model, out, *tune(model, data))
            teachers.append(model)
        else:
            export(with_softmax(model), out / "models" / f"model_{options.arch}.onnx", {"mnist_test": scores[-1]})
    spread = np.std(scores, ddof=min(1, len(scores) - 1))
    print(f"MNIST test: mean {np.mean(scores):.3%}, sd {spread:.3%}, n {len(scores)}", flush=True)
    if len(teachers) > 1:
        model = train(options.data, data, max(seeds) + 1, schedule, options.keep, options.resume, teachers)
        finish(model, data, options.out)


def finish(model: Any, data: TrainingData, out: Path) -> None:
    """Calibrate the network to ship, and write it to the folder `out`."""
    score("the shipped network", model, data)
    out.mkdir(parents=True, exist_ok=True)
    write(model, out, *tune(model, data))


def score(name: str, model: Any, data: TrainingData) -> float:
    right = accuracy(model, network_input(data.test_images), data.test_labels)
    print(f"{name}: {right:.2%} of MNIST's 10,000 test images", flush=True)
    return right


if __name__ == "__main__":
    main()
