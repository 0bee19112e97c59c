"""Runs that break parts of a running system and check that nothing acknowledged is lost. Results: docs/runs."""
