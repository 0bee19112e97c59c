"""Attacks on a server of our own: requests made from its description, and damaged input."""
