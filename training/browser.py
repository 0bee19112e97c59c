"""Exports the network for the page: frontend/model/network.bin, from models/model_mnist.onnx.

    python -m training.browser    write the file again

The file is, all little-endian:
    uint32     bytes of the header that follows, a multiple of 4
    header     JSON, padded with spaces: the model's metadata (format, weights_sha256, sure, not_a_digit) and `layers`,
               a list of {kind, kernel, cin, cout, stride, pad}
    float32    for each layer, the scale and then the bias of each output channel
    int16      for each layer, its weights [kernel][kernel][cin][cout]; a weight is its int16 times the channel's scale

Sixteen bits halve the download; no probability changes by more than 0.001. Batch normalization is already folded into
the weights of the ONNX file.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backend.reading.recognizer import Floats, Network

TOP = Path(__file__).parent.parent
FILE = Path("frontend", "model", "network.bin")
METADATA = ("format", "weights_sha256", "sure", "not_a_digit")
# Operators without weights: reshaping, ReLU and the final softmax.
IGNORED_OPERATIONS = {"Reshape", "Relu", "Transpose", "Shape", "Gather", "Cast", "Slice", "Concat", "Softmax"}
LARGEST = 32767  # the largest int16


class Layer(NamedTuple):
    """A convolution with ReLU, or the last layer, which is a convolution that covers its whole input."""

    kind: str  # "convolution" or "logits"
    weights: npt.NDArray[np.float32]  # (kernel, kernel, cin, cout)
    bias: npt.NDArray[np.float32]  # (cout,)
    stride: int
    pad: int  # px of zeros to the right of and below the input

    def description(self) -> dict[str, Any]:
        kernel, _, cin, cout = self.weights.shape
        return {
            "kind": self.kind,
            "kernel": kernel,
            "cin": cin,
            "cout": cout,
            "stride": self.stride,
            "pad": self.pad,
        }


def export(folder: Path = TOP) -> Path:
    """Write network.bin from the ONNX file in the same folder; return its path."""
    metadata, layers = read_layers(folder / "models" / "model_mnist.onnx")
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(metadata, layers))
    return path


def read_layers(path: Path) -> tuple[dict[str, Any], list[Layer]]:
    """The model's metadata and its layers, in their order. Raises ValueError for a network that the page can't run."""
    import onnx

    model = onnx.load(path)
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    layers = []
    for node in model.graph.node:
        given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "Conv":
            weights, bias = (arrays[name] for name in node.input[1:])
            top, left, pad, right = given.get("pads", [0, 0, 0, 0])
            stride, other = given["strides"]
            if (top, left, right, other) != (0, 0, pad, stride) or weights.shape[2:] != (3, 3):
                raise ValueError(f"{path}: the page's network can't run {node.name or node.output[0]}.")
            layers.append(Layer("convolution", weights.transpose(2, 3, 1, 0), bias, stride, pad))
        elif node.op_type == "MatMul":
            matrix = arrays[node.input[1]]
            cin = layers[-1].weights.shape[3]
            side = round((matrix.shape[0] / cin) ** 0.5)
            layers.append(Layer("logits", matrix.reshape(side, side, cin, -1), np.zeros(0, np.float32), 1, 0))
        elif node.op_type == "Add":
            layers[-1] = layers[-1]._replace(bias=arrays[node.input[1]])
        elif node.op_type not in IGNORED_OPERATIONS:
            raise ValueError(f"{path}: the page's network can't run {node.op_type}.")
    (found,) = (json.loads(each.value) for each in model.metadata_props if each.key == "digitpad")
    return {name: found[name] for name in METADATA}, layers


def quantize(weights: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    """Weights (..., cout) as int16, and the scale (cout,) by which each channel's are multiplied."""
    largest = np.abs(weights).max(axis=tuple(range(weights.ndim - 1)))
    scale = (np.where(largest > 0, largest, 1) / LARGEST).astype(np.float32)
    return np.round(weights / scale).astype(np.int16), scale


def pack(metadata: dict[str, Any], layers: list[Layer]) -> bytes:
    """The bytes of network.bin."""
    header = json.dumps(metadata | {"layers": [each.description() for each in layers]}).encode()
    header += b" " * (-len(header) % 4)
    quantized = [quantize(each.weights) for each in layers]
    floats = [part for (_, scale), each in zip(quantized, layers, strict=True) for part in (scale, each.bias)]
    return b"".join(
        [
            len(header).to_bytes(4, "little"),
            header,
            *(part.astype("<f4").tobytes() for part in floats),
            *(weights.astype("<i2").tobytes() for weights, _ in quantized),
        ]
    )


def load(path: Path) -> Network:
    """The network in the file, computed as the page does, but slowly: to check an export."""
    data = path.read_bytes()
    start = 4 + int.from_bytes(data[:4], "little")
    described = json.loads(data[4:start])["layers"]
    channels = [each["cout"] for each in described]
    floats = np.frombuffer(data, "<f4", 2 * sum(channels), start)
    parts = np.split(floats, np.cumsum(np.repeat(channels, 2))[:-1])
    shapes = [(each["kernel"], each["kernel"], each["cin"], each["cout"]) for each in described]
    integers = np.frombuffer(data, "<i2", offset=start + floats.nbytes)
    weights = np.split(integers, np.cumsum([math.prod(shape) for shape in shapes])[:-1])
    layers = [
        Layer(each["kind"], values.reshape(shape) * scale, bias, each["stride"], each["pad"])
        for each, values, shape, scale, bias in zip(described, weights, shapes, parts[::2], parts[1::2], strict=True)
    ]

    def network(images: Floats) -> Floats:
        for layer in layers:
            padded = np.pad(images, ((0, 0), (0, layer.pad), (0, layer.pad), (0, 0)))
            kernel, stride = len(layer.weights), layer.stride
            windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
            images = np.tensordot(windows, layer.weights, ((4, 5, 3), (0, 1, 2))) + layer.bias
            images = np.maximum(images, 0) if layer.kind == "convolution" else images
        logits = images[:, 0, 0]
        likelihoods = np.exp(logits - logits.max(1, keepdims=True))
        return (likelihoods / likelihoods.sum(1, keepdims=True)).astype(np.float32)

    return network


if __name__ == "__main__":
    written = export()
    print(f"{written}: {written.stat().st_size:,} bytes")
