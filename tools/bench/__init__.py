"""Measures Digitpad as docs/benchmarks.md tells it; `script/bench` runs it."""
