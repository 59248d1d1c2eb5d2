# SPDX-License-Identifier: MIT
"""Qt item models: they show the store and decide nothing."""
