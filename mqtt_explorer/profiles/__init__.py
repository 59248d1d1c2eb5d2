# SPDX-License-Identifier: MIT
"""What is kept on disk: settings. Never a password."""
