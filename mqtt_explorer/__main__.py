# SPDX-License-Identifier: MIT
"""``python -m mqtt_explorer``."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # first: in a bundle a worker process starts here too, and must not open a second window
    from mqtt_explorer.cli import main

    sys.exit(main())
