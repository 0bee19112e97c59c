"""Decodes GIF, TIFF, AVIF and HEIC images in a process of their own.

They are rare, and how long they take is not evident from their headers: a HEIC of a few kilobytes can refer to the same
tile thousands of times. So a process with limits on its CPU time and memory decodes them. A crash of a decoder, too,
ends only that process.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from backend.reading.decoder_process import DECODERS, HEADER
from backend.reading.errors import ImageTooLarge
from backend.reading.image import Image

ISOLATED = frozenset(DECODERS)  # media types
PROGRAM = Path(__file__).with_name("decoder_process.py")
MAX_WAIT = 10.0  # seconds, on a busy machine; the process itself limits its CPU time


class TooManyPixels(Exception):
    """width, height: of the image, in px."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.width, self.height = width, height


def decode_isolated(image: bytes, media_type: str, max_pixels: int, max_bytes: int, largest_side: int) -> Image | None:
    """Decode the first frame, upright, downscaled to `largest_side` px: gray, BGR or BGRA; None if it is damaged.

    Raises TooManyPixels if it has more than `max_pixels`, or more than `max_bytes` decoded, and ImageTooLarge if
    decoding takes too long.
    """
    command = [sys.executable, "-I", str(PROGRAM), media_type, str(max_pixels), str(max_bytes), str(largest_side)]
    try:
        process = subprocess.run(command, input=image, capture_output=True, timeout=MAX_WAIT, check=False)  # noqa: S603 - this program
    except subprocess.TimeoutExpired:
        raise _too_slow() from None
    if process.returncode == -signal.SIGPROF:
        raise _too_slow()
    if process.returncode != 0:
        return None
    width, height, channels = HEADER.unpack_from(process.stdout)
    if channels == 0:
        raise TooManyPixels(width, height)
    pixels = np.frombuffer(process.stdout, np.uint8, offset=HEADER.size)
    if channels == 1:
        return pixels.reshape(height, width)
    order = cv2.COLOR_RGBA2BGRA if channels == 4 else cv2.COLOR_RGB2BGR
    return cv2.cvtColor(pixels.reshape(height, width, channels), order)


def _too_slow() -> ImageTooLarge:
    return ImageTooLarge("Decoding the image takes too long. Send a smaller one, or a PNG or JPEG.")
