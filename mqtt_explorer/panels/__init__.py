# SPDX-License-Identifier: MIT
"""One widget per panel."""
