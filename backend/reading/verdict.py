"""What Digitpad says about a drawing as a whole."""

from __future__ import annotations

from typing import Literal

# digit, number: as sure as the threshold requires; not_a_digit: something else was drawn.
Verdict = Literal["digit", "number", "unsure", "not_a_digit"]
