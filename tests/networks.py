"""A second network: the shipped one under another version, made without training."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import onnx

from backend.settings import TOP
from training import browser


def another_network(parent: Path) -> str:
    """Write a model folder that is named by its version, and return the version."""
    weights = (TOP / "model_mnist.h5").read_bytes() + b"\0"  # ONNX Runtime reads only the digest of this file
    digest = hashlib.sha256(weights).hexdigest()
    folder = parent / digest[:12]
    shutil.copytree(TOP / "models", folder / "models")
    (folder / "model_mnist.h5").write_bytes(weights)
    architecture = json.loads((TOP / "model_mnist.json").read_text())
    architecture["digitpad"]["weights_sha256"] = digest
    (folder / "model_mnist.json").write_text(json.dumps(architecture))
    for path in (folder / "models").glob("model_mnist*.onnx"):
        model = onnx.load(path)
        onnx.helper.set_model_props(model, {"digitpad": json.dumps(architecture["digitpad"])})
        onnx.save(model, path)
    browser.export(folder)
    return folder.name
