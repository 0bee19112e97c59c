"""Compares the page's own network with general runtimes for networks, in Chromium."""
