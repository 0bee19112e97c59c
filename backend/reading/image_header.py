"""What the header of an image file says: its type, its size, and which way is up. The type is detected from the bytes,
never from a file name."""

from __future__ import annotations

import re
import struct

from backend.reading.errors import DamagedImage, UnknownImageType
from backend.reading.png import SIGNATURE

MEDIA_TYPES = tuple(f"image/{each}" for each in ("png", "jpeg", "webp", "bmp", "gif", "tiff", "avif", "heic"))
TYPE_NAMES = "PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or HEIC"  # the same, for people
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
MAX_BRANDS = 64
PNG_CHANNELS = (1, 1, 3, 4, 4, 4, 4)  # that OpenCV makes of each color type
EXIF_ORIENTATION = 0x0112  # the tag
JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not a restart marker, nor an escaped byte of a scan


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
        raise damaged(media_type) from None
    return width, abs(height)


def pixel_bytes(image: bytes, media_type: str) -> int:
    """Bytes of a decoded pixel of an image that isn't a JPEG. Raises DamagedImage."""
    if media_type != "image/png":
        return 3
    try:
        return PNG_CHANNELS[image[25]] * (2 if image[24] == 16 else 1)
    except IndexError:
        raise damaged(media_type) from None


def orientation(exif: bytes) -> int:
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


def jpeg_scans(image: bytes) -> int:
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


def damaged(media_type: str) -> DamagedImage:
    """What to say of a file that can't be decoded."""
    kind = media_type.removeprefix("image/").upper()
    return DamagedImage(f"The {kind} image is damaged or incomplete; send it again.")
