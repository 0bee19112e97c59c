"""Converts the public sources of the training data to the files that training reads.

The split follows a rule, so that it is the same on every machine: by the MD5 of the name, every fifth writer of UNIPEN
and Pendigits and every fifth character of Omniglot is in `val`.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.download import MissingData, fetch
from training.drawing import extent
from training.omniglot import read_omniglot
from training.unipen import Character, read_pendigits, read_unipen

PENDIGITS = "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"
UNIPEN = "https://zenodo.org/api/records/1195803/files/unipen-CDROM-train_r01_v07.tgz/content"
OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/strokes_background.zip"

DIGIT_DONORS = ("apb", "ced", "ibm", "syn", "uqb")  # of UNIPEN; the digits of other donors are not used
OTHER_DONORS = ("apb", "app", "ced", "ibm", "kai", "syn", "uqb")
ALPHABETS = ("Balinese", "Early_Aramaic", "Greek", "Japanese_(katakana)", "Korean", "Latin", "Sanskrit", "Tagalog")
MOST_OF_A_SIGN = 250  # drawings kept of each letter or sign of UNIPEN
SIDE = 1000  # the longer side of a drawing in the files
MNIST_FILES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def split(character: Character) -> str:
    """The part that a drawing belongs to: "train" or "val"."""
    source, _, writer = character.writer.partition(":")
    name = character.label if source == "omniglot" else writer
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return "val" if int.from_bytes(digest, "big") % 5 == 0 else "train"


def write_pens(path: Path, characters: Iterable[Character]) -> None:
    """Write the file that training.sources.Pens reads; drawings are moved to the origin and scaled to SIDE."""
    points: list[npt.NDArray[np.int16]] = []
    stroke, sample = [0], [0]
    labels, writers, splits = [], [], []
    for each in characters:
        low, high = extent(each.strokes)
        scale = SIDE / max(float((high - low).max()), 1e-6)
        for drawn in each.strokes:
            points.append(np.round((drawn - low) * scale).astype(np.int16))
            stroke.append(stroke[-1] + len(drawn))
        sample.append(len(stroke) - 1)
        labels.append(each.label)
        writers.append(each.writer)
        splits.append(split(each))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("part-" + path.name)
    np.savez_compressed(
        part,
        xy=np.concatenate(points),
        stroke=np.array(stroke, np.int32),
        sample=np.array(sample, np.int32),
        label=np.array(labels),
        writer=np.array(writers),
        split=np.array(splits),
    )
    part.replace(path)
    print(f"{path}: {len(labels):,} drawings by {len(set(writers))} writers, {splits.count('val'):,} of them val")


# ---- pens.npz: digits -----------------------------------------------------------------------------------------------


def make_pens(cache: Path) -> None:
    write_pens(cache / "pens.npz", [*pendigits(cache), *unipen(cache, ("1a",), DIGIT_DONORS)])


def pendigits(cache: Path) -> Iterator[Character]:
    """The training part of Pendigits, by 30 writers."""
    archive = fetch(PENDIGITS, cache / "sources" / "pendigits.zip")
    with zipfile.ZipFile(archive) as zipped:
        text = decompress(zipped.read("pendigits-orig.tra.Z")).decode("latin-1")
    for character in read_pendigits(text):
        yield character._replace(writer=f"pendigits:train{character.writer}")


def decompress(data: bytes) -> bytes:
    """Decompress the format of Unix's `compress` (.Z), which gzip reads too. Raises MissingData."""
    gzip_path = shutil.which("gzip")
    if gzip_path is None:
        raise MissingData("gzip is needed to unpack Pendigits; install it and try again.")
    return subprocess.run([gzip_path, "-dc"], input=data, capture_output=True, check=True).stdout  # noqa: S603


def unipen(cache: Path, categories: Iterable[str], donors: Iterable[str]) -> Iterator[Character]:
    """Characters of UNIPEN R01/V07. Category 1a contains digits, 1b uppercase, 1c lowercase letters, 1d signs."""
    root = _unpacked_unipen(cache)
    for category in categories:
        for donor in donors:
            for path in sorted((root / "data" / category / donor).rglob("*.dat")):
                for character in read_unipen(path, root / "include"):
                    yield character._replace(writer=f"unipen:{donor}:{character.writer}")


def _unpacked_unipen(cache: Path) -> Path:
    """The folder with UNIPEN's `data` and `include`, unpacked for the donors that are used."""
    folder = cache / "sources" / "unipen"
    if not folder.exists():
        archive = fetch(UNIPEN, cache / "sources" / "unipen.tgz")
        part = folder.with_name("unipen.part")
        wanted = {f"/data/1{category}/{donor}/" for category in "abcd" for donor in OTHER_DONORS}
        wanted |= {f"/include/{donor}/" for donor in OTHER_DONORS}
        with tarfile.open(archive) as packed:
            members = (member for member in packed if any(each in f"/{member.name}" for each in wanted))
            packed.extractall(part, members, filter="data")
        part.replace(folder)
    found = next((path.parent.parent for path in sorted(folder.rglob("1a")) if path.parent.name == "data"), None)
    if found is None:
        raise MissingData(f"{folder} has no data/1a, so it is not UNIPEN R01/V07; delete it and try again.")
    return found


# ---- pens_other.npz: letters and signs -------------------------------------------------------------------------------


def make_others(cache: Path) -> None:
    drawn = [each for each in unipen(cache, ("1b", "1c", "1d"), OTHER_DONORS) if not each.label.isdigit()]
    write_pens(cache / "pens_other.npz", [*at_most_of_each(drawn, MOST_OF_A_SIGN), *foreign(cache)])


def at_most_of_each(characters: list[Character], most: int) -> list[Character]:
    """A random sample with at most `most` characters of each label, the same every time."""
    kept: list[int] = []
    count: Counter[str] = Counter()
    for i in np.random.default_rng(0).permutation(len(characters)).tolist():
        if count[characters[i].label] < most:
            count[characters[i].label] += 1
            kept.append(i)
    return [characters[i] for i in sorted(kept)]


def foreign(cache: Path) -> Iterator[Character]:
    """Characters of eight alphabets of Omniglot, by twenty people each."""
    archive = fetch(OMNIGLOT, cache / "sources" / "omniglot.zip")
    for character in read_omniglot(archive, ALPHABETS):
        yield character._replace(writer=f"omniglot:{character.writer}")


# ---- mnist ----------------------------------------------------------------------------------------------------------


def make_mnist(cache: Path) -> None:
    """Write MNIST's four IDX files with the data of keras.datasets. Raises MissingData."""
    import keras

    try:
        (a, b), (c, d) = keras.datasets.mnist.load_data()
    except Exception as error:  # this is what Keras raises if the download fails
        raise MissingData(
            f"{cache / 'mnist'} is missing, and keras.datasets.mnist could not be downloaded ({error}). Check the "
            "network connection and try again, or name a folder with the data by --data or DIGITPAD_DATA."
        ) from None
    part = cache / "mnist.part"
    part.mkdir(parents=True, exist_ok=True)
    for name, array in zip(MNIST_FILES, (a, b, c, d), strict=True):
        write_idx(part / f"{name}-ubyte.gz", array)
    part.replace(cache / "mnist")


def write_idx(path: Path, array: npt.NDArray[np.uint8]) -> None:
    """Write MNIST's format: two zeros, 8 for bytes, the number of dimensions, their sizes, the bytes."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes(), mtime=0))


MAKERS: dict[str, Callable[[Path], None]] = {
    "mnist": make_mnist,
    "pens.npz": make_pens,
    "pens_other.npz": make_others,
}
