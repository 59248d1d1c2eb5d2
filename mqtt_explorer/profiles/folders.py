# SPDX-License-Identifier: MIT
"""Where the program keeps its files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import platformdirs

#: An older program owns "mqtt-explorer"; this name keeps out of its folder.
FOLDER_NAME: Final = "mqtt-explorer-qt"


def config_folder(override: str | Path | None = None) -> Path:
    """The folder for settings: the one given with ``--config``, else the operating system's place for them.

    The folder is not created here; see `make_private`.
    """
    if override is not None:
        return Path(override).expanduser().absolute()
    return Path(platformdirs.user_config_dir(FOLDER_NAME, appauthor=False))


def make_private(folder: Path) -> None:
    """Creates a folder that only its owner can enter (0700).

    A folder that exists keeps its mode: it may be one that the user shares on purpose, and the files in it are 0600 anyway.

    Raises:
        OSError: It cannot be created.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
