"""Why a drawing could not be read. Messages are for people: what was wrong and what to do."""

from __future__ import annotations

from typing import ClassVar


class UnreadableDrawing(Exception):
    """A drawing that cannot be read. `code` is stable and for programs, the message is for people."""

    code: ClassVar[str]


class UnknownImageType(UnreadableDrawing):
    """The bytes are not an image of a supported type."""

    code = "unknown_image_type"


class ImageTooLarge(UnreadableDrawing):
    """The image has more pixels than the limit."""

    code = "too_large"


class DamagedImage(UnreadableDrawing):
    """The image is damaged or truncated."""

    code = "undecodable"


class BlankDrawing(UnreadableDrawing):
    """Nothing stands out from the paper."""

    code = "blank_drawing"

    def __init__(self) -> None:
        super().__init__("There is nothing to read: the drawing is blank. Draw a digit and try again.")
