# SPDX-License-Identifier: MIT
"""The composition root."""
