"""Timings of zoo beside those of its peers, made in one run: `python -m benchmarks [ROOM ...]`."""
