# SPDX-License-Identifier: MIT
"""Files that travel with the program: icons and the pictures of the stylesheet. No Qt."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
"""The folder they lie in; the same in a source tree, a wheel and a bundle."""
