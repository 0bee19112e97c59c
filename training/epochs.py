"""Generates the images of the next epoch in other processes while the network trains on the current one."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.recognizer import Floats, network_input
from training.data import TrainingData
from training.schedule import MILD, MILD_SHARE, Schedule

CHUNK = 500  # images that a worker generates at a time

_worker_data: TrainingData


def _start_worker(folder: Path) -> None:
    global _worker_data
    os.nice(5)
    cv2.setNumThreads(1)
    _worker_data = TrainingData(folder)


def _make_chunk(
    samples: list[tuple[str, int]], seed: list[int], amount: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    made = [_worker_data.make(kind, i, rng, amount) for kind, i in samples]
    return np.stack([image for image, _ in made]), np.array([label for _, label in made])


class Epochs:
    """Generates the next epoch in other processes while the network trains on the current one."""

    def __init__(self, folder: Path, data: TrainingData, seed: int, schedule: Schedule, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, context, _start_worker, (folder,))
        self._data, self._seed, self._most = data, seed, schedule.most
        self._mild_from = round(schedule.epochs * (1 - MILD_SHARE))
        self._pending: dict[int, list[Future[Any]]] = {}

    def prepare(self, epoch: int) -> None:
        """Start generating an epoch."""
        samples = self._data.epoch(np.random.default_rng([self._seed, epoch]), self._most)
        amount = 1.0 if epoch < self._mild_from else MILD
        self._pending[epoch] = [
            self._pool.submit(_make_chunk, samples[k : k + CHUNK], [self._seed, epoch, k], amount)
            for k in range(0, len(samples), CHUNK)
        ]

    def get(self, epoch: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Images (n, 28, 28, 1) in [0, 1] and classes (n,)."""
        if epoch not in self._pending:
            self.prepare(epoch)
        chunks = [future.result() for future in self._pending.pop(epoch)]
        images = np.concatenate([images for images, _ in chunks])
        return network_input(images), np.concatenate([labels for _, labels in chunks])

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
