# SPDX-License-Identifier: MIT
"""The form of a saved broker: one module per section, and what saves and checks it."""
