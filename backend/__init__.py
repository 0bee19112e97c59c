"""Digitpad reads drawn digits, says how sure it is, and records every prediction."""

__version__ = "2.0.0"
