"""`python -m tools.bench.decoders` compares how fast PNGs of different encoders are read.

The drawings of drawings.json are encoded as Chromium, Firefox, WebKit, Pillow and OpenCV do. For each encoder it prints
the median time of decoding and of the whole reading (decode, find the ink, normalize, run the network), and the
throughput of the whole reading relative to Chromium's PNGs.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import struct
import time
import zlib
from base64 import b64decode
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from PIL import Image as PillowImage

from backend.reading.decode import decode
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer
from backend.settings import TOP
from tools.bench.bodies import DRAWINGS

MAX_PIXELS = 10**6
NONE, SUB, UP, AVERAGE, PAETH = range(5)  # row filters: PNG specification, 9.2
RowFilter = int | Literal["adaptive"]
COLOR_TYPES = {1: 0, 3: 2, 4: 6}  # by number of channels: gray, RGB, RGBA


def encode_png(
    pixels: Image, row_filter: RowFilter, *, level: int = 6, idat_chunks: int = 1, before_data: bytes = b""
) -> bytes:
    """An 8-bit PNG. pixels: (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA; before_data: chunks between IHDR and IDAT.

    "adaptive" chooses for each row the filter with the least sum of absolute differences, as libpng does.
    """
    height, width = pixels.shape[:2]
    channels = pixels.size // (height * width)
    filtered = _filtered(pixels.reshape(height, -1), channels)
    if row_filter == "adaptive":
        chosen = np.minimum(filtered, -filtered).sum(axis=2, dtype=np.int64).argmin(axis=0)
    else:
        chosen = np.full(height, row_filter)
    rows = np.insert(filtered[chosen, np.arange(height)], 0, chosen, axis=1)
    data = zlib.compress(rows.tobytes(), level)
    step = len(data) // idat_chunks + 1
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    parts = [data[at : at + step] for at in range(0, len(data), step)]
    idat = b"".join(chunk(b"IDAT", part) for part in parts)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before_data + idat + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _filtered(rows: Image, channels: int) -> Image:
    """The rows after each of the five filters: (5, H, bytes)."""
    padded = np.pad(rows, ((1, 0), (channels, 0))).astype(np.int16)
    left, up, corner = padded[1:, :-channels], padded[:-1, channels:], padded[:-1, :-channels]
    distances = np.abs(np.stack([up - corner, left - corner, left + up - 2 * corner]))
    paeth = np.choose(distances.argmin(axis=0), [left, up, corner])
    return np.stack([rows - guess for guess in (0 * left, left, up, (left + up) // 2, paeth)]).astype(np.uint8)


def _pillow(pixels: Image) -> bytes:
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _opencv(pixels: Image) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()  # the order of the channels doesn't matter here


def _firefox(pixels: Image) -> bytes:
    return encode_png(pixels, SUB, level=4, before_data=chunk(b"deBG", b""))


def _webkit(pixels: Image) -> bytes:
    return encode_png(pixels, "adaptive", before_data=chunk(b"sRGB", b"\0") + chunk(b"sBIT", b"\x08\x08\x08\x08"))


ENCODERS: dict[str, Callable[[Image], bytes]] = {
    "Firefox": _firefox,
    "WebKit": _webkit,
    "Pillow": _pillow,
    "OpenCV": _opencv,
}


def samples() -> dict[str, list[bytes]]:
    """PNGs of the same ten digits by encoder; those of Chromium first."""
    found = {}
    for background in ("white", "transparent"):
        chromium = [b64decode(url.partition(",")[2]) for url in DRAWINGS[background]]
        canvases = [np.asarray(PillowImage.open(io.BytesIO(png))) for png in chromium]
        found[f"Chromium, {background}"] = chromium
        for name, encode in ENCODERS.items():
            found[f"{name}, {background}"] = [encode(pixels) for pixels in canvases]
        if background == "white":
            found["Pillow, RGB"] = [_pillow(pixels[:, :, :3].copy()) for pixels in canvases]
            found["OpenCV, RGB"] = [_opencv(pixels[:, :, :3]) for pixels in canvases]
            found["Pillow, gray"] = [_pillow(pixels[:, :, 0].copy()) for pixels in canvases]
            found["OpenCV, gray"] = [_opencv(pixels[:, :, 0]) for pixels in canvases]
    found["Digitpad's page"] = [b64decode(json.loads(body)["image"].partition(",")[2]) for body in DRAWINGS["page"]]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="how often each image is read")
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    recognizer = Recognizer(TOP)
    images = samples()
    decoding: dict[str, list[float]] = {name: [] for name in images}
    reading: dict[str, list[float]] = {name: [] for name in images}
    for _ in range(rounds):
        for name, files in images.items():
            for file in files:
                start = time.perf_counter()
                pixels = decode(file, MAX_PIXELS).pixels
                decoded = time.perf_counter()
                recognizer.read(normalize(find_ink(pixels)))
                decoding[name].append(decoded - start)
                reading[name].append(time.perf_counter() - start)
    print(
        "| PNGs | bytes | decode, p50 µs | whole reading, p50 µs | throughput, Chromium's = 1 |\n|---|---|---|---|---|"
    )
    for name, files in images.items():
        background = "transparent" if name.endswith("transparent") else "white"
        size = statistics.mean(len(file) for file in files)
        decode_us, whole_us = (statistics.median(times[name]) * 1e6 for times in (decoding, reading))
        ratio = statistics.median(reading[f"Chromium, {background}"]) * 1e6 / whole_us
        print(f"| {name} | {size:,.0f} | {decode_us:.0f} | {whole_us:.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
