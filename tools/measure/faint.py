"""Measures how faint drawings and difficult photographs are read, and whether empty paper stays blank.

    python -m tools.measure.faint [--writers val] [--count N] [--save FOLDER]

By default the digits are of writers held out for tuning; those of `val` are for the end only. For each kind of picture:
how many of `--count` are read right, and how many are refused as blank. Of empty paper: how many get a digit.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from backend.reading.image import Image
from backend.reading.recognizer import Recognizer
from backend.settings import Settings
from training.data import TrainingData
from training.drawing import draw, draw_at_random, place
from training.measures import on_paper, read_image, sample_of
from training.paper import INKS, cloud, light, ruling
from training.sources import DATA_HELP, Pens, find_data
from training.variation import Rng

Floats = npt.NDArray[np.float64]
EMPTY = 1000  # photographs of empty paper
BLANK, RULED, SQUARED = 0, 1, 2  # kinds of paper, see ruling()


def flat(strokes: list[Floats], rng: Rng, level: int, pen: float) -> Image:
    """A canvas of 280x280 without any noise: gray ink `level` gray levels darker than its paper."""
    paper = int(rng.integers(level, 256))
    ink = draw(place(strokes, rng, rng.uniform(90, 250), pen), pen)
    return np.round(paper - ink / 255.0 * level).astype(np.uint8)


def photo(
    ink: Image,
    rng: Rng,
    color: tuple[float, float, float],
    *,
    paper_kind: int = BLANK,
    shadow: bool = False,
    finger: bool = False,
) -> Image:
    """A photograph of 320 to 1200 px: uint8 BGR. color: by how many levels each channel of the ink is darker."""
    side = int(rng.integers(320, 1200))
    shape = side, round(side * rng.uniform(0.75, 1.33))
    size = min(shape)
    cover = np.zeros(shape, np.float32)
    top, left = (int(rng.integers(0, room + 1)) for room in np.array(shape) - size)
    cover[top : top + size, left : left + size] = cv2.resize(ink, (size, size), interpolation=cv2.INTER_AREA) / 255.0
    page = np.full((*shape, 3), rng.uniform(190, 250)) + rng.normal(0, 5, 3)
    if paper_kind != BLANK:
        page -= _lines(shape, rng, paper_kind)[..., None] * rng.uniform(15, 60) * rng.uniform(0.5, 1, 3)
    page = page - (cover * cloud(shape, rng, 60, 0.1))[..., None] * np.array(color)
    page = page * light(shape, rng)[..., None]
    if shadow:
        page = page * _shadow(shape, rng)[..., None]
    if finger:
        page = _with_finger(page, ink=cover, rng=rng)
    page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.4, 1.2) * side / 800)
    page = page + rng.normal(0, rng.uniform(0.5, 3), page.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))]
    _, jpeg = cv2.imencode(".jpg", np.clip(np.round(page), 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def _lines(shape: tuple[int, int], rng: Rng, kind: int) -> npt.NDArray[np.float32]:
    while True:
        lines = ruling(shape, rng)
        if bool(lines.max(1).min() > 0.1) == (kind == SQUARED) and lines.any():
            return lines


def _shadow(shape: tuple[int, int], rng: Rng) -> Floats:
    """A shadow with a hard edge, as of a hand or a phone."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    edge = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) - rng.uniform(-0.3, 0.3)
    return 1 - rng.uniform(0.25, 0.55) / (1 + np.exp(-edge / rng.uniform(0.004, 0.02)))


def _with_finger(page: Floats, ink: npt.NDArray[np.float32], rng: Rng) -> Floats:
    """A fingertip at one edge that does not cover the ink."""
    h, w = ink.shape
    for _ in range(50):
        mask = np.zeros((h, w), np.uint8)
        width = rng.uniform(0.08, 0.14) * max(h, w)
        reach = rng.uniform(0.05, 0.2) * max(h, w)
        angle = rng.integers(4) * np.pi / 2
        out = np.array([np.cos(angle), np.sin(angle)])
        along = np.array([-out[1], out[0]]) * rng.uniform(-0.4, 0.4)
        tip = np.array([w / 2, h / 2]) * (1 + out + 2 * along) - out * reach
        far = tip + out * max(h, w) + rng.normal(0, 0.2, 2) * max(h, w)
        cv2.line(mask, tip.astype(int).tolist(), far.astype(int).tolist(), 1, round(2 * width), cv2.LINE_AA)
        if not (cv2.dilate(mask, np.ones((25, 25), np.uint8)) * ink).any():
            break
    skin = np.array([120, 150, 205]) * rng.uniform(0.5, 1.0)
    soft = cv2.GaussianBlur(mask.astype(np.float64), (0, 0), 2)[..., None]
    return page * (1 - soft) + skin * soft


def pencil(darker: float) -> tuple[float, float, float]:
    return darker, darker, darker


def some_ink(rng: Rng) -> tuple[float, float, float]:
    """The difference of an ordinary pen from white paper."""
    blue, green, red = np.array([225.0] * 3) - list(INKS.values())[rng.integers(len(INKS))]
    return blue, green, red


KINDS: dict[str, Callable[[list[Floats], Rng], Image]] = {
    "flat, 8 levels": lambda s, rng: flat(s, rng, 8, rng.uniform(8, 24)),
    "flat, light gray, 1 px": lambda s, rng: flat(s, rng, 44, 1),
    "flat, 12 levels, 1 px": lambda s, rng: flat(s, rng, 12, 1),
    "pencil, 8 levels": lambda s, rng: photo(draw_at_random(s, rng, (6, 16)), rng, pencil(8 / 0.8)),
    "pencil, 16 levels": lambda s, rng: photo(draw_at_random(s, rng, (4, 12)), rng, pencil(16 / 0.8)),
    "thin pencil, 40 levels": lambda s, rng: photo(draw_at_random(s, rng, (2, 4)), rng, pencil(40)),
    "yellow marker": lambda s, rng: photo(draw_at_random(s, rng, (14, 36)), rng, (rng.uniform(60, 160), 15, 5)),
    "lined": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, some_ink(rng), paper_kind=RULED),
    "squared": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, some_ink(rng), paper_kind=SQUARED),
    "pencil, squared": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, pencil(40), paper_kind=SQUARED),
    "shadow": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, some_ink(rng), shadow=True),
    "pencil, shadow": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, pencil(30), shadow=True),
    "finger": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, some_ink(rng), finger=True),
    "pencil, finger": lambda s, rng: photo(draw_at_random(s, rng, (6, 24)), rng, pencil(30), finger=True),
    "ordinary photograph": on_paper,
}


def empty(rng: Rng, paper_kind: int = BLANK) -> Image:
    return photo(np.zeros((280, 280), np.uint8), rng, pencil(0), paper_kind=paper_kind, shadow=bool(rng.random() < 0.3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--writers", choices=["tune", "val"], default="tune")
    parser.add_argument("--count", type=int, default=300, help="digits of each kind")
    parser.add_argument("--empty", type=int, default=EMPTY, help="photographs of empty paper")
    parser.add_argument("--kind", help="only kinds whose name contains this")
    parser.add_argument("--save", type=Path, help="write the pictures that are misread to this folder")
    given = parser.parse_args()
    folder = find_data(given.data)
    pens = Pens(folder / "pens.npz")
    held_out = TrainingData(folder).pens_tune if given.writers == "tune" else np.flatnonzero(pens.split == "val")
    index = sample_of(held_out, given.count)
    recognizer = Recognizer(Settings().model_dir)
    print(f"{'kind':24}  right    blank    ({len(index)} digits of {given.writers})")
    for name, render in KINDS.items():
        if given.kind and given.kind not in name:
            continue
        right = blank = 0
        for i in tqdm(index.tolist(), leave=False, desc=name):
            image = render(pens.strokes(i), np.random.default_rng([7, i]))
            answer = read_image(recognizer, image)
            right += answer.digit == int(pens.label[i])
            blank += answer.verdict == "refused"
            if given.save and answer.digit != int(pens.label[i]):
                file = f"{name} {i} {pens.label[i]} {answer.digit} {answer.verdict}.png".replace(" ", "_")
                cv2.imwrite(str(given.save / file), image)
        print(f"{name:24}  {right / len(index):6.1%}  {blank / len(index):6.1%}", flush=True)
    for name, kind in (("empty", BLANK), ("empty, lined", RULED), ("empty, squared", SQUARED)):
        if given.kind and given.kind not in name:
            continue
        count = given.empty if kind == BLANK else given.empty // 5
        answers = []
        for k in tqdm(range(count), leave=False, desc=name):
            image = empty(np.random.default_rng([8, k]), kind)
            answers.append(read_image(recognizer, image))
            if given.save and answers[-1].verdict != "refused":
                cv2.imwrite(str(given.save / f"{name} {k} {answers[-1].verdict}.png".replace(" ", "_")), image)
        digits = sum(answer.verdict not in ("refused", "not_a_digit") for answer in answers)
        inked = sum(answer.verdict != "refused" for answer in answers)
        print(f"{name:24}  {digits / count:6.1%} get a digit, {inked / count:6.1%} are not blank ({count})", flush=True)


if __name__ == "__main__":
    main()
