"""The same way from a data URL to probabilities as Digitpad's, for the other servers; they record nothing."""

from __future__ import annotations

import cv2

from backend.body import data_url_bytes
from backend.decode import decode
from backend.encode import png_url
from backend.ink import find_ink
from backend.normalize import normalize
from backend.recognizer import Recognizer
from backend.settings import TOP


class Reader:
    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._recognizer = Recognizer(TOP)

    def read(self, url: str) -> dict[str, object]:
        seen = normalize(find_ink(decode(data_url_bytes(url.encode()), 10**8).pixels))
        reading = self._recognizer.read(seen)
        return {**reading._asdict(), "seen": png_url(seen), "model_version": self._recognizer.version}
