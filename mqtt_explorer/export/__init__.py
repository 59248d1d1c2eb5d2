# SPDX-License-Identifier: MIT
"""Messages as files: NDJSON and CSV."""
