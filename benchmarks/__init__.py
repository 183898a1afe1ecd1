"""Measurements, each a command: `python -m benchmarks.intake --help`."""
