# SPDX-License-Identifier: MIT
"""Benchmarks: `python -m tests.perf NAME` prints JSON, one object per line. They run on Linux (Xvfb, /proc, socket diagnostics)."""
