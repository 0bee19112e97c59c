"""The network that the page loads: exported from the shipped one, small, its compiled code built from its source."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from backend.reading.normalize import normalize
from backend.reading.recognizer import Recognizer, network_input
from backend.settings import TOP
from tools.drawings import draw
from training import browser

MODEL = TOP / "frontend" / "model"


def test_the_files_in_the_repository_are_exported_from_the_shipped_network(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(TOP / "models" / "model_mnist.onnx", tmp_path / "models")
    assert browser.export(tmp_path).read_bytes() == (MODEL / "network.bin").read_bytes()


def test_the_file_names_the_model_that_it_belongs_to() -> None:
    data = (MODEL / "network.bin").read_bytes()
    header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    assert {name: header[name] for name in browser.METADATA} == {
        name: Recognizer(TOP).metadata[name] for name in browser.METADATA
    }


def test_sixteen_bits_keep_each_weight() -> None:
    _, layers = browser.read_layers(TOP / "models" / "model_mnist.onnx")
    assert [each.kind for each in layers] == 7 * ["convolution"] + ["logits"]
    for layer in layers:
        integers, scale = browser.quantize(layer.weights)
        assert np.abs(integers * scale - layer.weights).max() <= 0.51 * scale.max()


def test_the_file_computes_what_the_shipped_network_does() -> None:
    images = network_input(np.stack([normalize(255 - draw(digit)) for digit in range(10)]))
    found = browser.load(MODEL / "network.bin")(images)
    np.testing.assert_allclose(found, Recognizer(TOP).network(images), atol=1e-3)


def test_a_network_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="the page's network can't run"):
        browser.read_layers(TOP / "models" / "model_cnn.onnx")


def test_the_download_is_small() -> None:
    assert sum(each.stat().st_size for each in MODEL.iterdir()) <= 600_000


def test_the_compiled_code_is_built_from_its_source(tmp_path: Path) -> None:
    if shutil.which("clang") is None or shutil.which("wasm-ld") is None:
        pytest.skip("no clang and lld here: install them to build the WebAssembly")
    version = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True).stdout
    built = tmp_path / "convolution.wasm"
    subprocess.run([TOP / "script" / "wasm", built], check=True)
    assert built.read_bytes().startswith(b"\0asm")
    if "version 14." in version:  # another compiler may write other bytes; the tests of the page tell whether it works
        assert built.read_bytes() == (MODEL / "convolution.wasm").read_bytes()
