# SPDX-License-Identifier: MIT
"""MQTT Explorer Qt: browse a broker's topic tree live."""

__version__ = "0.1.0"
