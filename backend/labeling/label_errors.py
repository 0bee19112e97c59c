"""Likely label errors, by confident learning.

The method is that of Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
Journal of Artificial Intelligence Research 70 (2021), which the library cleanlab implements.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def likely_errors(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    """The indices of labels that are probably wrong, the most probable error first.

    labels: (n,), 0 to 9. probabilities: (n, 10), of a network that did not learn from these labels.

    A label is probably wrong if the network is at least as confident that the drawing is another digit as it is on
    average on drawings labeled as that digit.
    """
    if not len(labels):
        return []
    present = np.unique(labels)
    threshold = np.full(10, np.inf)  # nothing is confidently a digit that no label names
    threshold[present] = [probabilities[labels == digit, digit].mean() for digit in present]
    confident = np.where(probabilities >= threshold, probabilities, -1.0)
    believed = confident.argmax(axis=1)
    wrong = np.flatnonzero((confident.max(axis=1) >= 0) & (believed != labels))
    margin = probabilities[wrong, labels[wrong]] - probabilities[wrong, believed[wrong]]  # negative: a likely error
    ranked = sorted(zip(margin.tolist(), wrong.tolist(), strict=True))
    return [index for distance, index in ranked if distance < 0]
