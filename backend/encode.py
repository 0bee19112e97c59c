"""From pixels to a picture in a data URL."""

from __future__ import annotations

import base64

import cv2

from backend.decode import Pixels


def png_url(pixels: Pixels) -> str:
    """pixels: uint8, (H, W) gray or (H, W, 4) BGRA."""
    _, png = cv2.imencode(".png", pixels)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
