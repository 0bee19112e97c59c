"""How closely and how fast the page's own reading of numbers follows the server's, in Chromium.

    python -m tools.measure.browser_numbers [--data FOLDER] [--sample COUNT]

Reads numbers composed of the digits of writers kept from training, and single digits of theirs, as strokes and as
pixels only: how many have the same result and verdict in both places, and how many the same boxes and probabilities.
It also prints the time of one reading in the page, and of a growing stroke, with and without a slowed processor.
"""

from __future__ import annotations

import argparse
import base64
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.numbers import Number, may_be_number, read_number
from backend.reading.pieces import Pen
from backend.reading.recognizer import Reading, Recognizer
from backend.settings import TOP
from tools.measure.browser import SLOWED, as_page_strokes, before_other_work, open_page
from training.drawing import CANVAS, PENS, SIZES, Strokes, place
from training.numbers import Spacing, compose_number
from training.sources import DATA_HELP, Pens, find_data, split_writers

SEED = 22
BATCH = 25  # drawings sent to the page at once
SPACINGS: tuple[Spacing, ...] = ("separate", "touching", "overlapping", "joined")
Indices = npt.NDArray[np.int64]

# Reads strokes, and the same drawing as pixels, in the page's worker.
READ = """async (drawings) => {
  const { Reader } = await import("/static/js/reading/reader.js");
  const { rasterize } = await import("/static/js/reading/rasterize.js");
  const reader = globalThis.reader ??= new Reader();
  const text = (gray) => btoa(gray.reduce((characters, byte) => characters + String.fromCharCode(byte), ""));
  const results = [];
  for (const { strokes, paperWidth } of drawings) {
    const { data, width, height } = rasterize(strokes, paperWidth);
    const pixels = new ImageData(width, height);
    for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = i % 4 === 3 ? 255 : data[i >> 2];
    const read = async (input) => {
      const { reading, number } = await reader.read(input);
      return { reading, number };
    };
    results.push({ drawn: text(data), strokes: await read({ strokes, paperWidth }), pixels: await read({ pixels }) });
  }
  return results;
}"""

# Reads drawings in the page itself, since workers are not slowed: each as a whole, or each of its strokes as it grows,
# without cutting.
TIME = """async ([drawings, growing]) => {
  const { read } = await import("/static/js/reading/read.js");
  const { Network } = await import("/static/js/reading/network.js");
  const load = async (name) => (await fetch(`/static/model/${name}`)).arrayBuffer();
  const network = await Network.load(await load("network.bin"), await load("convolution.wasm"));
  const times = [];
  for (const { strokes, paperWidth } of drawings) {
    const states = growing ? [] : [strokes];
    for (let k = 0; growing && k < strokes.length; k++) {
      const { points } = strokes[k];
      for (let n = 1; n <= points.length; n += Math.max(1, points.length >> 3)) {
        states.push([...strokes.slice(0, k), { ...strokes[k], points: points.slice(0, n) }]);
      }
    }
    for (const state of states) {
      await new Promise((resolve) => setTimeout(resolve));
      const began = performance.now();
      const steps = read({ strokes: state, paperWidth }, network, !growing);
      while (!steps.next().done);
      times.push(performance.now() - began);
    }
  }
  return times;
}"""


class Sample(NamedTuple):
    """A drawing as strokes in px of a canvas."""

    strokes: Strokes
    pen: float
    width: int  # px, of the canvas

    def for_page(self) -> dict[str, Any]:
        return {"strokes": as_page_strokes(self.strokes, self.pen), "paperWidth": self.width}

    def pens(self) -> list[Pen]:
        return [Pen(np.clip(np.round(each, 1), 0, (self.width, CANVAS)), self.pen) for each in self.strokes]


def numbers(pens: Pens, drawings: Indices, spacing: Spacing, count: int, digits: int | None = None) -> list[Sample]:
    found = []
    for k in range(count):
        number = compose_number(pens, drawings, np.random.default_rng([SEED, k]), spacing, digits)
        found.append(Sample(number.strokes, number.pen, number.shape[1]))
    return found


def singles(pens: Pens, drawings: Indices, count: int) -> list[Sample]:
    found = []
    for i in np.random.default_rng(SEED).choice(drawings, count, replace=False).tolist():
        rng = np.random.default_rng([SEED, i])
        pen = float(np.exp(rng.uniform(*np.log(PENS))))
        longer = rng.uniform(SIZES[0], min(SIZES[1], CANVAS - pen))
        found.append(Sample(place(pens.strokes(i), rng, longer, pen), pen, CANVAS))
    return found


def in_page(page: Page, samples: list[Sample]) -> Iterator[tuple[Sample, Image, dict[str, Any]]]:
    """Each drawing, its pixels on the page, and what the page reads."""
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        for sample, result in zip(batch, page.evaluate(READ, [each.for_page() for each in batch]), strict=True):
            pixels = np.frombuffer(base64.b64decode(result["drawn"]), np.uint8).reshape(CANVAS, sample.width)
            yield sample, pixels, result


def on_server(recognizer: Recognizer, pixels: Image, pens: list[Pen]) -> tuple[Reading, Number | None]:
    """As backend/web/routes/predict.py reads a drawing."""
    ink = find_ink(pixels)
    single = recognizer.read(normalize(ink))
    return single, read_number(recognizer, ink, single, pens) if may_be_number(ink, single) else None


class Likeness(NamedTuple):
    """How alike two readings of a drawing are."""

    result: bool  # the same result and verdict
    probability: float  # the largest difference of a probability; 1 if the results differ
    box: float  # the largest distance of two edges in px; infinite if the results differ


def likeness(server: tuple[Reading, Number | None], page: dict[str, Any], shape: tuple[int, ...]) -> Likeness:
    single, number = server
    found = page["number"]
    if number is None or found is None:
        reading = page["reading"]
        same = number is found and (single.digit, single.verdict) == (reading["digit"], reading["verdict"])
        if not same:
            return Likeness(False, 1.0, float("inf"))
        return Likeness(True, _difference(single.probabilities, reading["probabilities"]), 0.0)
    if (number.result, number.verdict) != (found["result"], found["verdict"]):
        return Likeness(False, 1.0, float("inf"))
    size = np.array([shape[1], shape[0], shape[1], shape[0]])
    pairs = list(zip(number.digits, found["digits"], strict=True))
    return Likeness(
        True,
        max(_difference(mine.reading.probabilities, other["probabilities"]) for mine, other in pairs),
        max(float(np.abs(np.array(mine.box) - np.array(other["box"]) * size).max()) for mine, other in pairs),
    )


def _difference(a: tuple[float, ...], b: list[float]) -> float:
    return float(np.abs(np.array(a) - np.array(b)).max())


def compare(page: Page, recognizer: Recognizer, name: str, samples: list[Sample]) -> None:
    """Print two lines: as strokes, and as pixels only."""
    alike: dict[str, list[Likeness]] = {"strokes": [], "pixels": []}
    for sample, pixels, result in in_page(page, samples):
        for way, pens in (("strokes", sample.pens()), ("pixels", [])):
            alike[way].append(likeness(on_server(recognizer, pixels, pens), result[way], pixels.shape))
    for way, each in alike.items():
        same = [likeness for likeness in each if likeness.result]
        shares = (
            len(same) / len(each),
            sum(likeness.probability <= 0.02 for likeness in each) / len(each),
            sum(likeness.box <= 1 for likeness in each) / len(each),
        )
        print(f"| {name}, {way} | " + " | ".join(f"{share:.2%}" for share in shares) + " |", flush=True)


def times(page: Page, name: str, samples: list[Sample], slowed: float = 1, growing: bool = False) -> None:
    before_other_work()
    browser = page.context.new_cdp_session(page)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    took = sorted(page.evaluate(TIME, [[each.for_page() for each in samples], growing]))
    browser.detach()
    print(
        f"{name}: median {statistics.median(took):.1f} ms, 90th percentile {took[len(took) * 9 // 10]:.1f}, "
        f"at most {took[-1]:.0f}; within 50 ms {sum(each <= 50 for each in took) / len(took):.1%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DIGITPAD_DATA"), help=DATA_HELP)
    parser.add_argument("--sample", type=int, default=500, help="drawings of each kind")
    options = parser.parse_args()
    pens = Pens(find_data(options.data) / "pens.npz")
    drawings = split_writers(pens)[1]
    recognizer = Recognizer(TOP)
    with open_page() as page:
        print("| drawings | same result and verdict | ... and probabilities within 0.02 | ... and boxes within 1 px |")
        print("|---|---|---|---|")
        for spacing in SPACINGS:
            samples = numbers(pens, drawings, spacing, options.sample)
            compare(page, recognizer, f"numbers, {spacing}", samples)
        one = singles(pens, drawings, options.sample)
        compare(page, recognizer, "single digits", one)
        four = numbers(pens, drawings, "separate", 60, 4)
        print()
        for slowed in (1, SLOWED):
            note = "" if slowed == 1 else f", processor slowed {slowed} times"
            times(page, f"one digit{note}", one[:60], slowed)
            times(page, f"four digits{note}", four, slowed)
            times(page, f"growing strokes of one digit{note}", one[:40], slowed, growing=True)
            times(page, f"growing strokes of four digits{note}", four[:10], slowed, growing=True)


if __name__ == "__main__":
    main()
