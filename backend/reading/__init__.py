"""Reads a drawing: image bytes to pixels, ink, MNIST's form, probabilities, verdict. Knows neither HTTP nor stores."""

from __future__ import annotations

import os

# Disable ONNX Runtime's telemetry: Digitpad sends nothing to third parties.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# OpenCV reads these once, when it is first imported.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
