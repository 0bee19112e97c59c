"""Which drawings look the least like the others of their digit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FEWEST = 3  # drawings of a digit, below which none of them is unusual

Key = TypeVar("Key")


def unusual(images: Mapping[Key, bytes], labels: Mapping[Key, str]) -> dict[Key, float]:
    """How far each drawing is from the mean of the others with its label, as a cosine distance, 0 to 1.

    images: 28 x 28 pixels of 0 to 255 each, as the network saw them. Drawings whose label has fewer than FEWEST are
    left out.
    """
    distances: dict[Key, float] = {}
    for label in set(labels.values()):
        keys = [key for key, image in images.items() if labels.get(key) == label and len(image) == 784]
        if len(keys) < FEWEST:
            continue
        pixels = np.stack([np.frombuffer(images[key], np.uint8) for key in keys]).astype(np.float32)
        others = (pixels.sum(0) - pixels) / (len(keys) - 1)
        for key, distance in zip(keys, _cosine_distance(pixels, others), strict=True):
            distances[key] = round(float(distance), 4)
    return distances


def _cosine_distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each row."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    distances: NDArray[np.float32] = 1 - (a * b).sum(1) / np.maximum(lengths, 1)
    return distances
