# SPDX-License-Identifier: MIT
"""Where the files that travel with the program lie. No Qt."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RESOURCES: Final = Path(__file__).resolve().parent.parent / "resources"
"""Icons and the pictures of the stylesheet; the same in a source tree, a wheel and a bundle."""
