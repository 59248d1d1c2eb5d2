# SPDX-License-Identifier: MIT
"""Bytes to meaning: one small file per format behind a registry."""
