"""Simulates photographs and scans of drawings on paper."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from backend.reading.image import Image
from training.variation import Rng

INKS = {  # BGR
    "pencil": (110, 110, 110),
    "red pen": (50, 40, 190),
    "blue pen": (150, 70, 30),
    "black pen": (40, 35, 35),
}


def photograph(ink: Image, rng: Rng, largest: int = 900) -> Image:
    """Render ink (H, W) as a photograph with uneven light, ruled lines, grain and compression: uint8 (h, w, 3), BGR.

    h is between 320 px and `largest`.
    """
    side = int(rng.integers(320, largest))
    size = round(side * rng.uniform(0.8, 1.0))
    pasted = np.zeros((side, round(side * rng.uniform(0.75, 1.33))), np.float32)
    size = min(size, pasted.shape[1])
    height, width = (round(size * part / max(ink.shape)) for part in ink.shape)
    top, left = (int(rng.integers(0, room + 1)) for room in np.array(pasted.shape) - (height, width))
    scaled = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    pasted[top : top + height, left : left + width] = scaled / 255.0
    color = np.array(list(INKS.values())[rng.integers(len(INKS))]) + rng.normal(0, 12, 3)
    pressure = cloud(pasted.shape, rng, 12, 0.12) * cloud(pasted.shape, rng, 120, 0.15)
    cover = np.clip(pasted * pressure, 0, 1)[..., None] * rng.uniform(0.75, 1.0)
    paper = rng.uniform(205, 250) + rng.normal(0, 5, 3)
    page = np.broadcast_to(paper, (*pasted.shape, 3)) - ruling(pasted.shape, rng)[..., None] * rng.uniform(20, 70, 3)
    page = page * (1 - cover) + color * cover
    page = page * light(pasted.shape, rng)[..., None]
    page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.4, 1.4))
    page = page + rng.normal(0, rng.uniform(1, 7), page.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 96))]
    _, jpeg = cv2.imencode(".jpg", np.clip(page, 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def cloud(shape: tuple[int, ...], rng: Rng, cells: int, strength: float) -> npt.NDArray[np.float32]:
    """A smooth random field around 1."""
    coarse = rng.normal(1, strength, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_LINEAR)


def light(shape: tuple[int, ...], rng: Rng) -> npt.NDArray[np.float64]:
    """Light from one side, sometimes with the soft edge of a shadow."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    level = 1 - rng.uniform(0, 0.45) * (across + 0.5)
    if rng.random() < 0.4:
        angle = rng.uniform(0, 2 * np.pi)
        edge = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) - rng.uniform(-0.3, 0.3)
        level = level * (1 - rng.uniform(0.15, 0.45) / (1 + np.exp(-edge / rng.uniform(0.01, 0.06))))
    return level


def ruling(shape: tuple[int, ...], rng: Rng) -> npt.NDArray[np.float32]:
    """Blank, ruled or squared paper: 1 on the lines."""
    lines = np.zeros(shape, np.float32)
    kind = rng.integers(0, 3)
    step, width = rng.uniform(0.07, 0.2) * shape[0], int(rng.integers(1, 3))
    tilt = rng.normal(0, 0.01) * shape[1]
    for k in range(int(max(shape) / step) + 1 if kind else 0):
        at = k * step
        cv2.line(lines, (0, round(at)), (shape[1], round(at + tilt)), 1, width, cv2.LINE_AA)
        if kind == 2:
            cv2.line(lines, (round(at), 0), (round(at - tilt), shape[0]), 1, width, cv2.LINE_AA)
    return lines
