"""Benchmarks, failure runs, measurements and screenshots, and the helpers that they share with the tests."""
