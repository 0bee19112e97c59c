"""The benchmarks; `script/bench` runs them and writes docs/benchmarks.md."""
