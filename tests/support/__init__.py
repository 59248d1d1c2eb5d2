# SPDX-License-Identifier: MIT
"""What tests and benchmarks share: real brokers and real certificates."""
