# SPDX-License-Identifier: MIT
"""Saved brokers in the window: the book that holds them, their lists, and the form."""
