"""Calibrates a trained network on the held-out writers.

The temperature is fitted to all of their drawings, since people do draw digits that no one could read. The threshold
of `digit` is chosen without those.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.reading.normalize import normalize
from backend.reading.recognizer import Floats, network_input, ten_probabilities
from training.data import TrainingData
from training.drawing import draw_at_random
from training.nondigits import NOT_A_DIGIT, NOT_A_DIGIT_ABOVE, invent
from training.train import softmax
from training.unreadable import unreadable

RIGHT_WHEN_SURE = 0.9995  # required accuracy of the verdict `digit` on the held-out writers


def tune(model: Any, data: TrainingData) -> tuple[float, float]:
    """The temperature that calibrates, and the lowest confidence for `digit` that reaches RIGHT_WHEN_SURE."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    for _ in range(3):
        for i in data.pens_tune:
            images.append(normalize(draw_at_random(data.pens.strokes(i), rng)))
            labels.append(int(data.pens.label[i]))
    for i in data.others_tune:
        images.append(normalize(draw_at_random(data.others.strokes(i), rng)))
        labels.append(NOT_A_DIGIT)
    for _ in range(500):
        images.append(normalize(draw_at_random(invent(rng), rng)))
        labels.append(NOT_A_DIGIT)
    logits, truth = model.predict(network_input(np.stack(images)), batch_size=500, verbose=0), np.array(labels)
    digits = truth < NOT_A_DIGIT
    clear = np.tile(~np.isin(data.pens_tune, unreadable(data.pens)), 3)

    def probabilities(temperature: float) -> Floats:
        return softmax(logits / temperature).astype(np.float32)

    def loss(temperature: float) -> float:
        ten = ten_probabilities(probabilities(temperature)[digits])
        return -float(np.log(ten[np.arange(len(ten)), truth[digits]]).mean())

    temperature = float(min(np.geomspace(0.2, 3, 100), key=loss))
    eleven = probabilities(temperature)
    ten = ten_probabilities(eleven)
    confidence, right = ten.max(1), ten.argmax(1) == truth
    accepted = eleven[:, 10] <= NOT_A_DIGIT_ABOVE
    readable = np.pad(clear, (0, len(truth) - len(clear))) & accepted
    sure = 0.999
    for threshold in np.linspace(0.3, 0.999, 700).tolist():
        if right[readable & (confidence >= threshold)].mean() >= RIGHT_WHEN_SURE:
            sure = threshold
            break
    verdict_digit = accepted & (confidence >= sure)
    print(
        f"held-out writers: {right[digits].mean():.2%} of {digits.sum()} right; temperature {temperature:.3f}; "
        f"verdict digit from {sure:.3f}: {verdict_digit[digits].mean():.2%} of digits, "
        f"right {right[digits & verdict_digit].mean():.2%}, "
        f"and {verdict_digit[~digits].mean():.2%} of non-digits; not a digit: {(~accepted)[~digits].mean():.2%} "
        f"of non-digits, {(~accepted)[digits].mean():.2%} of digits"
    )
    return temperature, sure
