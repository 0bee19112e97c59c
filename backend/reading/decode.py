"""Decodes images of every type that phones and desktops produce. The type is detected from the bytes, never from a file
name."""

from __future__ import annotations

import re
import struct
import threading
from typing import NamedTuple

import cv2
import numpy as np

from backend.reading.errors import DamagedImage, ImageTooLarge, UnknownImageType
from backend.reading.image import Image, shrink
from backend.reading.isolated import ISOLATED, TooManyPixels, decode_isolated
from backend.reading.png import SIGNATURE, has_whole_chunks, read_png

LARGE_SIDE = 2000  # px; larger images are downscaled to it
ONE_LARGE = threading.Lock()  # one at a time per process, since each takes hundreds of megabytes
EXIF_ORIENTATION = 0x0112  # the tag
# Limits for files that would take long to decode, though they have few bytes and not too many pixels.
MAX_DECODED_BYTES = 40_000_000  # of all pixels of an image that isn't a JPEG, which alone is decoded at a reduced size
MAX_SCANS = 50  # of a JPEG. Cameras and encoders write up to 14; each one passes over all pixels, and takes few bytes.
MAX_SCANNED = 14 * 25_000_000  # scans of a JPEG times its pixels
MEDIA_TYPES = tuple(f"image/{each}" for each in ("png", "jpeg", "webp", "bmp", "gif", "tiff", "avif", "heic"))
TYPE_NAMES = "PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or HEIC"  # the same, for people
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
MAX_BRANDS = 64
PNG_CHANNELS = (1, 1, 3, 4, 4, 4, 4)  # that OpenCV makes of each color type
REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not a restart marker, nor an escaped byte of a scan


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
    if media_type != "image/jpeg" and width * height * _pixel_bytes(image, media_type) > MAX_DECODED_BYTES:
        raise _too_many_bytes()
    if max(width, height) <= LARGE_SIDE:
        return Decoded(_pixels(image, media_type, (width, height)), media_type)
    with ONE_LARGE:
        return Decoded(shrink(_pixels(image, media_type, (width, height)), LARGE_SIDE), media_type)


def media_type_of(image: bytes) -> str:
    """The media type, detected from the first bytes. Raises UnknownImageType."""
    if image.startswith(SIGNATURE):
        return "image/png"
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image.startswith(b"RIFF") and image[8:12] == b"WEBP":
        return "image/webp"
    if image.startswith(b"BM"):
        return "image/bmp"
    if image.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if image.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):  # the last two: BigTIFF
        return "image/tiff"
    if image[4:8] == b"ftyp":
        brands = _brands(image)
        if brands & AVIF_BRANDS:
            return "image/avif"
        if brands & HEIC_BRANDS:
            return "image/heic"
    raise UnknownImageType(f"The file is not a {TYPE_NAMES} image.")


def _brands(image: bytes) -> set[bytes]:
    """The major and the compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    box = image[: int.from_bytes(image[:4], "big")]
    return {box[8:12], *(box[at : at + 4] for at in range(16, min(len(box), MAX_BRANDS * 4), 4))}


def _isolated_pixels(image: bytes, media_type: str, max_pixels: int) -> Image:
    try:
        with ONE_LARGE:
            pixels = decode_isolated(image, media_type, max_pixels, MAX_DECODED_BYTES, LARGE_SIDE)
    except TooManyPixels as error:
        if error.width * error.height > max_pixels:
            raise _too_many_pixels(error.width, error.height, max_pixels) from None
        raise _too_many_bytes() from None
    if pixels is None:
        raise _damaged(media_type)
    return pixels


def size_of(image: bytes, media_type: str) -> tuple[int, int]:
    """Width and height in px, from the header of a PNG, JPEG, BMP or WebP. Raises DamagedImage."""
    try:
        if media_type == "image/png":
            width, height = struct.unpack_from(">II", image, 16)
        elif media_type == "image/jpeg":
            width, height = _jpeg_size(image)
        elif media_type == "image/webp":
            width, height = _webp_size(image)
        else:
            width, height = _bmp_size(image)
    except (struct.error, IndexError):
        raise _damaged(media_type) from None
    return width, abs(height)


def _pixel_bytes(image: bytes, media_type: str) -> int:
    """Bytes of a decoded pixel of an image that isn't a JPEG. Raises DamagedImage."""
    if media_type != "image/png":
        return 3
    try:
        return PNG_CHANNELS[image[25]] * (2 if image[24] == 16 else 1)
    except IndexError:
        raise _damaged(media_type) from None


def _too_many_pixels(width: int, height: int, limit: int) -> ImageTooLarge:
    return ImageTooLarge(f"The image has {width} x {height} pixels; the limit is {limit:,}. Send a smaller one.")


def _too_many_bytes() -> ImageTooLarge:
    return ImageTooLarge(
        f"Decoded, the image has more than {MAX_DECODED_BYTES // 10**6} MB. Send a smaller one, or a JPEG."
    )


def _damaged(media_type: str) -> DamagedImage:
    kind = media_type.removeprefix("image/").upper()
    return DamagedImage(f"The {kind} image is damaged or incomplete; send it again.")


def _pixels(image: bytes, media_type: str, size: tuple[int, int]) -> Image:
    try:
        pixels = _upright_pixels(image, media_type, size)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.size == 0:
        raise _damaged(media_type)
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
        scans = _jpeg_scans(image)
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
            pixels = _rotate(pixels, _orientation(block.tobytes()))
    return pixels


def _orientation(exif: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if there is none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = "<" if exif.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == EXIF_ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 1


def _rotate(pixels: Image, orientation: int) -> Image:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _jpeg_size(image: bytes) -> tuple[int, int]:
    at = 2
    while True:
        marker, length = struct.unpack_from(">xBH", image, at)
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack_from(">HH", image, at + 5)
            return width, height
        else:
            at += 2 + length


def _jpeg_scans(image: bytes) -> int:
    """How many scans a JPEG has, up to its end marker; what follows that, such as a video, is not decoded."""
    at = scans = 0
    while (found := JPEG_MARKER.search(image, at)) and found[0] != b"\xff\xd9":
        scans += found[0] == b"\xff\xda"
        at = found.end()
        if found[0] not in (b"\xff\xd8", b"\xff\x01"):  # these two have no data
            at += int.from_bytes(image[at : at + 2], "big")
    return scans


def _webp_size(image: bytes) -> tuple[int, int]:
    kind = image[12:16]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(image[24:27], "little"),
            1 + int.from_bytes(image[27:30], "little"),
        )
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", image, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", image, 26)
    return width & 0x3FFF, height & 0x3FFF


def _bmp_size(image: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", image, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", image, 18)
    return width, height
