"""Decodes images of every type that phones and desktops produce."""

from __future__ import annotations

import threading
from typing import NamedTuple

import cv2
import numpy as np

from backend.reading.errors import ImageTooLarge
from backend.reading.image import Image, shrink
from backend.reading.image_header import damaged, jpeg_scans, media_type_of, orientation, pixel_bytes, size_of
from backend.reading.isolated import ISOLATED, TooManyPixels, decode_isolated
from backend.reading.png import has_whole_chunks, read_png

LARGE_SIDE = 2000  # px; larger images are downscaled to it
ONE_LARGE = threading.Lock()  # one at a time per process, since each takes hundreds of megabytes
# Limits for files that would take long to decode, though they have few bytes and not too many pixels.
MAX_DECODED_BYTES = 40_000_000  # of all pixels of an image that isn't a JPEG, which alone is decoded at a reduced size
MAX_SCANS = 50  # of a JPEG. Cameras and encoders write up to 14; each one passes over all pixels, and takes few bytes.
MAX_SCANNED = 14 * 25_000_000  # scans of a JPEG times its pixels
REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


class Decoded(NamedTuple):
    pixels: Image  # (H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA, upright, at most LARGE_SIDE px on each side
    media_type: str


def decode(image: bytes, max_pixels: int) -> Decoded:
    """Decode the first frame of an image, rotate it as its EXIF orientation says, and downscale it if it is large.

    Raises UnknownImageType, ImageTooLarge for more than `max_pixels` pixels, or DamagedImage.
    """
    media_type = media_type_of(image)
    if media_type in ISOLATED:
        return Decoded(_isolated_pixels(image, media_type, max_pixels), media_type)
    width, height = size_of(image, media_type)
    if width * height > max_pixels:
        raise _too_many_pixels(width, height, max_pixels)
    if media_type != "image/jpeg" and width * height * pixel_bytes(image, media_type) > MAX_DECODED_BYTES:
        raise _too_many_bytes()
    if max(width, height) <= LARGE_SIDE:
        return Decoded(_pixels(image, media_type, (width, height)), media_type)
    with ONE_LARGE:
        return Decoded(shrink(_pixels(image, media_type, (width, height)), LARGE_SIDE), media_type)


def _isolated_pixels(image: bytes, media_type: str, max_pixels: int) -> Image:
    try:
        with ONE_LARGE:
            pixels = decode_isolated(image, media_type, max_pixels, MAX_DECODED_BYTES, LARGE_SIDE)
    except TooManyPixels as error:
        if error.width * error.height > max_pixels:
            raise _too_many_pixels(error.width, error.height, max_pixels) from None
        raise _too_many_bytes() from None
    if pixels is None:
        raise damaged(media_type)
    return pixels


def _too_many_pixels(width: int, height: int, limit: int) -> ImageTooLarge:
    return ImageTooLarge(f"The image has {width} x {height} pixels; the limit is {limit:,}. Send a smaller one.")


def _too_many_bytes() -> ImageTooLarge:
    return ImageTooLarge(
        f"Decoded, the image has more than {MAX_DECODED_BYTES // 10**6} MB. Send a smaller one, or a JPEG."
    )


def _pixels(image: bytes, media_type: str, size: tuple[int, int]) -> Image:
    try:
        pixels = _upright_pixels(image, media_type, size)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.size == 0:
        raise damaged(media_type)
    if pixels.dtype == np.uint16:
        return np.ascontiguousarray(pixels.view("u1").reshape(*pixels.shape, 2)[..., 1])  # the high bytes
    return pixels


def _upright_pixels(image: bytes, media_type: str, size: tuple[int, int]) -> Image | None:
    if media_type == "image/png":
        if (pixels := read_png(image)) is not None:
            return pixels
        if not has_whole_chunks(image):
            return None
    data = np.frombuffer(image, np.uint8)
    if media_type == "image/jpeg":
        scans = jpeg_scans(image)
        if scans > MAX_SCANS or scans * size[0] * size[1] > MAX_SCANNED:
            return None
        # These flags apply the EXIF orientation; a JPEG has no alpha to lose.
        reduction = max((each for each in REDUCED if max(size) >= each * LARGE_SIDE), default=1)
        return cv2.imdecode(data, REDUCED.get(reduction, cv2.IMREAD_COLOR))
    if b"eXIf" not in image and b"EXIF" not in image:
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    # IMREAD_UNCHANGED keeps alpha but doesn't apply the orientation.
    pixels, kinds, blocks = cv2.imdecodeWithMetadata(data, flags=cv2.IMREAD_UNCHANGED)
    for kind, block in zip(kinds, blocks, strict=True):
        if pixels is not None and kind == cv2.IMAGE_METADATA_EXIF:
            pixels = _rotate(pixels, orientation(block.tobytes()))
    return pixels


def _rotate(pixels: Image, orientation: int) -> Image:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
