# SPDX-License-Identifier: MIT
"""The parts of the start page."""
