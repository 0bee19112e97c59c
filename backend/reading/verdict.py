"""What Digitpad says about a drawing as a whole."""

from __future__ import annotations

from typing import Literal

# digit: as sure as the threshold requires; not_a_digit: something else was drawn.
Verdict = Literal["digit", "unsure", "not_a_digit"]
