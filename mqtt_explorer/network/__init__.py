# SPDX-License-Identifier: MIT
"""Socket to batches of messages; requests to results."""
