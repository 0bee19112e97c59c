"""The sources of the training data: parsing, conversion, download, and messages if they are missing."""

from __future__ import annotations

import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests import data
from tools.server import free_port
from training.convert import MNIST_FILES, at_most_of_each, decompress, make_others, make_pens, split, write_idx
from training.download import MissingData, fetch
from training.drawing import Strokes
from training.omniglot import read_motor
from training.sources import Pens, find_data, load_mnist
from training.unipen import Character, read_pendigits, read_strokes, read_unipen

SEGMENTS = """.VERSION 1.0
.INCLUDE apb/app.doc
.INCLUDE apb/data/one.dat
.SEGMENT CHARACTER 0-1 ? "4"
.SEGMENT CHARACTER 2 OK "1"
.SEGMENT CHARACTER 3:1-3:2 GOOD "7"
.SEGMENT CHARACTER 0,2 ? "\\""
.SEGMENT CHARACTER 9-10 ? "8"
"""
STROKES = """
.WRITER_ID Some_Body
.STYLE PRINTED
.PEN_DOWN
\t10\t40
\t10\t20
.PEN_UP
.PEN_DOWN
 0 25
 20 25
.PEN_UP
.COMMENT 1 2 3
.PEN_DOWN

50 40
50 0
.PEN_UP
.DT 100
.PEN_DOWN
60 40
70 40
65.5 20
60 0
.PEN_UP
"""
PENDIGITS = """ .INCLUDE dene.doc
.LEXICON "0" "1"
.HIERARCHY DIGIT
.SEGMENT DIGIT 0 ? "1"
.COMMENT 1 16 22
.PEN_DOWN
 8 3
 8 9
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 ? "4"
.COMMENT 4 2 23
.PEN_DOWN
1 2
.PEN_UP
.PEN_DOWN
9 8
7 6
.PEN_UP
"""
MOTOR = "START\n10.0,-20.0,0.0\n12.0,-30.0,15.0\nBREAK\n40.0,-20.0,100.0\n41.0,-25.0,110.0\nBREAK\n"


def as_lists(strokes: Strokes) -> list[list[list[float]]]:
    return [stroke.tolist() for stroke in strokes]


@pytest.fixture
def unipen(tmp_path: Path) -> Path:
    """UNIPEN's folders with one file of each kind."""
    for name, text in {
        "data/1a/apb/one.dat": SEGMENTS,
        "data/1c/apb/one.dat": '.INCLUDE apb/data/one.dat\n.SEGMENT CHARACTER 2 ? "l"\n',
        "include/apb/data/one.dat": STROKES,
        "include/apb/app.doc": ".COORD X Y\n",
    }.items():
        path = tmp_path / "CDROM" / "train_r01_v07" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "CDROM" / "train_r01_v07"


# UNIPEN's format


def test_strokes_are_the_points_between_pen_down_and_pen_up_with_y_flipped() -> None:
    strokes = read_strokes(STROKES)
    assert [len(stroke) for stroke in strokes] == [2, 2, 2, 4]
    assert as_lists(strokes[:1]) == [[[10, -40], [10, -20]]]
    assert strokes[3][2].tolist() == [65.5, -20]


def test_line_endings_do_not_matter() -> None:
    assert as_lists(read_strokes(STROKES.replace("\n", "\r\n"))) == as_lists(read_strokes(STROKES))


def test_segments_name_their_strokes_in_the_included_file(unipen: Path) -> None:
    characters = list(read_unipen(unipen / "data/1a/apb/one.dat", unipen / "include"))
    assert [(character.label, len(character.strokes)) for character in characters] == [
        ("4", 2),
        ("1", 1),
        ("7", 1),
        ('"', 2),
    ]  # "8" refers to missing strokes
    assert {character.writer for character in characters} == {"Some_Body"}
    assert as_lists(characters[2].strokes) == [[[70, -40], [65.5, -20]]]  # points 1 to 2 of stroke 3


def test_without_the_included_file_there_are_no_characters(unipen: Path) -> None:
    (unipen / "include/apb/data/one.dat").unlink()
    assert list(read_unipen(unipen / "data/1a/apb/one.dat", unipen / "include")) == []


def test_pendigits_strokes_follow_their_segment_and_a_comment_names_the_writer() -> None:
    one, four = read_pendigits(PENDIGITS)
    assert (one.label, one.writer, as_lists(one.strokes)) == ("1", "16", [[[8, -3], [8, -9]]])
    assert (four.label, four.writer, len(four.strokes)) == ("4", "2", 2)


def test_omniglots_strokes_end_with_break() -> None:
    assert as_lists(read_motor(MOTOR)) == [[[10, 20], [12, 30]], [[40, 20], [41, 25]]]


# Conversion


def in_lzw(text: str) -> bytes:
    """A short text in the format of Unix's `compress`: a code of nine bits for each byte, least significant first."""
    assert len(text) < 250  # longer texts need codes of ten bits
    bits = sum(byte << 9 * i for i, byte in enumerate(text.encode()))
    return b"\x1f\x9d\x90" + bits.to_bytes((9 * len(text) + 7) // 8, "little")


def test_the_format_of_compress_is_unpacked() -> None:
    assert decompress(in_lzw("pendigits, pendigits")) == b"pendigits, pendigits"


@pytest.fixture
def cache(unipen: Path, tmp_path: Path) -> Path:
    """A cache with small archives of all three sources."""
    sources = tmp_path / "cache" / "sources"
    sources.mkdir(parents=True)
    with zipfile.ZipFile(sources / "pendigits.zip", "w") as archive:
        archive.writestr("pendigits-orig.tra.Z", in_lzw(PENDIGITS[PENDIGITS.index(".SEGMENT") :]))
    with tarfile.open(sources / "unipen.tgz", "w:gz") as packed:
        packed.add(unipen.parent, "CDROM")
    with zipfile.ZipFile(sources / "omniglot.zip", "w") as archive:
        archive.writestr("strokes_background/Greek/character01/0394_01.txt", MOTOR)
        archive.writestr("strokes_background/Greek/character02/0395_07.txt", MOTOR)
        archive.writestr("strokes_background/Futurama/character01/0325_01.txt", MOTOR)
    return tmp_path / "cache"


def test_digits_of_pendigits_and_unipen_become_one_file(cache: Path) -> None:
    make_pens(cache)
    pens = Pens(cache / "pens.npz")
    assert pens.label.tolist() == ["1", "4", "4", "1", "7", '"']
    assert pens.writer.tolist() == ["pendigits:train16", "pendigits:train2"] + 4 * ["unipen:apb:Some_Body"]
    assert as_lists(pens.strokes(2)) == [[[500, 0], [500, 1000]], [[0, 750], [1000, 750]]]


def test_letters_and_foreign_characters_become_another_file(cache: Path) -> None:
    make_others(cache)
    others = Pens(cache / "pens_other.npz")
    assert others.label.tolist() == ["l", "Greek/character01", "Greek/character02"]
    assert others.writer.tolist() == ["unipen:apb:Some_Body", "omniglot:01", "omniglot:07"]
    assert as_lists(others.strokes(0)) == [[[0, 0], [0, 1000]]]


def test_an_archive_of_something_else_is_refused(cache: Path) -> None:
    (cache / "sources" / "unipen.tgz").unlink()
    with tarfile.open(cache / "sources" / "unipen.tgz", "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("x/include/apb/README"), io.BytesIO())
    with pytest.raises(MissingData, match="is not UNIPEN R01/V07; delete it"):
        make_pens(cache)


def test_the_sample_of_each_letter_is_limited_and_reproducible() -> None:
    characters = [Character("ab"[i % 2], str(i), []) for i in range(100)]
    kept = at_most_of_each(characters, 7)
    assert sorted(character.label for character in kept) == 7 * ["a"] + 7 * ["b"]
    assert kept == at_most_of_each(characters, 7)


def test_no_writer_is_in_both_parts() -> None:
    parts = [split(Character("7", f"unipen:apb:{i}", [])) for i in range(1000)]
    assert 120 < parts.count("val") < 280
    assert all(split(Character(label, "unipen:apb:5", [])) == parts[5] for label in "0123456789")


@pytest.mark.parametrize("name", ["pens.npz", "pens_other.npz"])
def test_the_rule_gives_the_split_of_the_published_files(name: str) -> None:
    pens = Pens(data.folder(name) / name)
    ruled = [
        split(Character(label, writer, []))
        for label, writer in zip(pens.label.tolist(), pens.writer.tolist(), strict=True)
    ]
    assert ruled == pens.split.tolist()


def test_idx_files_can_be_written_and_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, shape).astype(np.uint8) for shape in ((5, 28, 28), (5,), (3, 28, 28), (3,))]
    (tmp_path / "mnist").mkdir()
    for name, array in zip(MNIST_FILES, arrays, strict=True):
        write_idx(tmp_path / "mnist" / f"{name}-ubyte.gz", array)
    for found, array in zip(load_mnist(tmp_path), arrays, strict=True):
        np.testing.assert_array_equal(found, array)


# Finding and downloading


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of a local web server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A local web server: its URL, and the folder that it serves."""
    folder = tmp_path / "web"
    folder.mkdir()
    with serving(partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))) as url:
        yield url, folder


def test_a_file_is_downloaded_once(web: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = web
    (folder / "some.zip").write_bytes(b"first" * 1000)
    path = fetch(f"{url}/some.zip", tmp_path / "sources" / "some.zip")
    assert path.read_bytes() == b"first" * 1000
    (folder / "some.zip").write_bytes(b"second")
    assert fetch(f"{url}/some.zip", path).read_bytes() == b"first" * 1000


def test_a_file_that_cannot_be_found_is_reported(web: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"gone\.zip is missing, and .* could not be downloaded .*DIGITPAD_DATA"):
        fetch(f"{web[0]}/gone.zip", tmp_path / "gone.zip")
    assert list(tmp_path.glob("gone*")) == []


def test_an_incomplete_download_is_not_kept(tmp_path: Path) -> None:
    class Half(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 500)

    with (
        serving(Half) as url,
        pytest.raises(MissingData, match="the connection ended too early"),
    ):
        fetch(f"{url}/x.zip", tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"could not be downloaded \(.*refused.*\)\. Check the network connection"):
        fetch(f"http://127.0.0.1:{free_port()}/x.zip", tmp_path / "x.zip")


def test_a_named_folder_must_contain_everything(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    with pytest.raises(MissingData, match=r"has no pens\.npz and no pens_other\.npz\. Name another folder"):
        find_data(tmp_path)
    for name in ("pens.npz", "pens_other.npz"):
        (tmp_path / name).touch()
    assert find_data(tmp_path) == tmp_path


def test_the_cache_is_made_once_from_the_sources(cache: Path) -> None:
    (cache / "mnist").mkdir()
    assert find_data(None, cache) == cache
    made = {name: (cache / name).stat().st_mtime_ns for name in ("pens.npz", "pens_other.npz")}
    assert find_data(None, cache) == cache
    assert made == {name: (cache / name).stat().st_mtime_ns for name in made}
