"""From a data URL to probabilities, as users of these servers would write it: Pillow, NumPy, ONNX Runtime."""

from __future__ import annotations

import base64
import io

import numpy as np
import onnxruntime as ort
from PIL import Image


class Reader:
    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # like Digitpad: a core per worker
        self._session = ort.InferenceSession("models/model_mnist.onnx", options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def read(self, url: str) -> dict[str, object]:
        picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        gray = np.asarray(picture.convert("L").resize((28, 28)), np.float32)
        seen = (1 - gray / 255).reshape(1, 28, 28, 1)
        ten = np.asarray(self._session.run(None, {self._name: seen})[0])[0, :10]
        return {"digit": int(ten.argmax()), "probabilities": ten.tolist()}
