# SPDX-License-Identifier: MIT
"""What is kept for the next start: settings and saved brokers on disk, secrets in the keyring; what presets know of brokers."""
