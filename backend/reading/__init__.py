"""Reading a drawing: image bytes to ink, to 28x28, to probabilities and a verdict. Knows neither HTTP nor any store."""

from __future__ import annotations

import os

# ONNX Runtime reports usage to its makers unless this is set. Digitpad sends nothing to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# OpenCV reads these once, at its first import.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
