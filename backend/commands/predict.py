"""`digitpad predict`: reads pictures of digits in files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from tqdm import tqdm

from backend.model_folder import model_folder
from backend.reading.decode import decode
from backend.reading.errors import UnreadableDrawing
from backend.reading.image_header import TYPE_NAMES
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.numbers import Number, may_be_number, read_number
from backend.reading.recognizer import Reading, Recognizer
from backend.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        f"Read the digit or number in each file ({TYPE_NAMES}) and print a table or, with --json or if the output is "
        "not a terminal, a line of JSON for each. Files that can't be read are reported on standard error, and the "
        "exit status is then 1. Nothing is recorded, and no server is needed."
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a picture; `-` is standard input")
    parser.add_argument("--json", action="store_true", help="print lines of JSON on a terminal, too")


def run(given: argparse.Namespace) -> int:
    """Raises ModelMismatch if the network can't be loaded, and ValueError for an invalid setting."""
    settings = Settings.from_environment()
    return predict(given.files, settings, as_json=given.json or not sys.stdout.isatty())


def predict(names: Sequence[str], settings: Settings, as_json: bool) -> int:
    """Print what is read in each file; returns 1 if one of them could not be read, else 0."""
    recognizer = Recognizer(model_folder(settings), settings.model_runtime)
    width = max(map(len, names))
    failed = False
    if not as_json:
        print(f"{'file':{width}}  result       confidence  verdict")
    # None: only on a terminal.
    for name in tqdm(names, unit=" files", leave=False, disable=None if len(names) > 1 else True):
        try:
            single, number = _read(name, settings.max_pixels, recognizer)
        except (UnreadableDrawing, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            tqdm.write(f"{name}: {reason}", file=sys.stderr)
            failed = True
            continue
        if as_json:
            tqdm.write(_json_line(name, single, number))
        else:
            reading = number or single
            tqdm.write(f"{name:{width}}  {reading.result:11}  {reading.confidence:10.3f}  {reading.verdict}")
    return int(failed)


def _read(name: str, max_pixels: int, recognizer: Recognizer) -> tuple[Reading, Number | None]:
    image = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    ink = find_ink(decode(image, max_pixels).pixels)
    single = recognizer.read(normalize(ink))
    return single, read_number(recognizer, ink, single) if may_be_number(ink, single) else None


def _json_line(name: str, single: Reading, number: Number | None) -> str:
    """The names are those of the API."""
    reading = number or single
    return msgspec.json.encode(
        {
            "file": name,
            "result": reading.result,
            "digit": None if number else single.digit,
            "confidence": reading.confidence,
            "probabilities": single.probabilities,
            "verdict": reading.verdict,
        }
    ).decode()
