# SPDX-License-Identifier: MIT
"""``python -m mqtt_explorer``."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Starts the program, or the part of it a child process is to be."""
    multiprocessing.freeze_support()  # first: in a bundle a worker starts here too, and must not open a second window
    if sys.argv[1:2] == ["--demo-process"]:  # a bundle has no `python -m mqtt_explorer.demo`
        from mqtt_explorer.demo.__main__ import main as demo_main

        return demo_main(sys.argv[2:])
    from mqtt_explorer.cli import main as cli_main

    return cli_main()


if __name__ == "__main__":
    sys.exit(main())
