"""Servers that others would build around the same network; each runs in an environment of its own."""
