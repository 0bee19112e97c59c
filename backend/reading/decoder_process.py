"""Decodes one GIF, TIFF, AVIF or HEIC image from standard input; isolated.py starts a process for each.

    python decoder_process.py MEDIA_TYPE MAX_PIXELS MAX_BYTES LARGEST_SIDE

Writes HEADER and the pixels. Fails with a traceback if the image is damaged, and is killed by SIGPROF if decoding takes
longer than MAX_SECONDS. Nothing of Digitpad is imported, so that it starts in a tenth of a second.
"""

from __future__ import annotations

import importlib
import io
import resource
import signal
import struct
import sys

from PIL import Image, ImageOps

MAX_SECONDS = 0.8  # of CPU, on all cores together; a photograph of 12 megapixels takes 0.4
MAX_MEMORY = 2**30  # bytes of address space
HEADER = struct.Struct(">IIB")  # width and height in px, and channels: 0: too many pixels or bytes, so none follow
DECODERS = {  # Pillow's name of the format, and the module that adds it
    "image/gif": ("GIF", "PIL.GifImagePlugin"),
    "image/tiff": ("TIFF", "PIL.TiffImagePlugin"),
    "image/avif": ("AVIF", "PIL.AvifImagePlugin"),
    "image/heic": ("HEIF", "pi_heif"),
}


def main() -> None:
    media_type, max_pixels, max_bytes, largest_side = sys.argv[1], *map(int, sys.argv[2:])
    form, module_name = DECODERS[media_type]
    module = importlib.import_module(module_name)
    if form == "HEIF":
        module.register_heif_opener(thumbnails=False, decode_threads=1)
    elif form == "AVIF":
        module.DEFAULT_MAX_THREADS = 1  # type: ignore[attr-defined]
    file = io.BytesIO(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)

    Image.MAX_IMAGE_PIXELS = None  # replaced by the check below
    image: Image.Image = Image.open(file, formats=[form])
    width, height = image.size
    if width * height > max_pixels or width * height * _pixel_bytes(image) > max_bytes:
        sys.stdout.buffer.write(HEADER.pack(width, height, 0))
        return
    image = _eight_bits(image)
    image.thumbnail((largest_side, largest_side), Image.Resampling.BOX)
    image = ImageOps.exif_transpose(image)
    sys.stdout.buffer.write(HEADER.pack(*image.size, len(image.getbands())))
    sys.stdout.buffer.write(image.tobytes())


def _pixel_bytes(image: Image.Image) -> int:
    """Bytes of a decoded pixel."""
    if image.mode in ("I", "F"):
        return 4
    return 2 if image.mode.startswith("I;16") else len(image.getbands())


def _eight_bits(image: Image.Image) -> Image.Image:
    """As gray (L), RGB or RGBA. Gray levels of more than 16 bits are scaled so that they span all 256."""
    image.load()
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if image.mode in ("I", "F"):
        low, high = image.getextrema()
        scale = 255 / ((high - low) or 1)  # type: ignore[operator]
        return image.point(lambda level: level * scale - low * scale).convert("L")  # type: ignore[operator]
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.getchannel("L") if image.mode == "LAB" else image.convert("RGB")


if __name__ == "__main__":
    main()
