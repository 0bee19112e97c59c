"""Measurements of the recorder with many records; docs/scale.md has the results."""
