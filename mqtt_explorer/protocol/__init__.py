# SPDX-License-Identifier: MIT
"""MQTT's vocabulary as frozen, validated values."""
