# SPDX-License-Identifier: MIT
"""The shared look: tokens, theme, icons, small widgets, and item views with their delegate."""
