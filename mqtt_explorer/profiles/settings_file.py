# SPDX-License-Identifier: MIT
"""Settings on disk: a bad file loses nothing, and a bad value costs only itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.safe_file import SafeFile, Unusable, independent, take
from mqtt_explorer.profiles.settings import VERSION, Settings

FILE_NAME: Final = "settings.json"
_OWN_KEYS: Final = {"version": int} | {
    field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "extra"
}


class SettingsError(MqttExplorerError):
    """Settings could not be read or written."""

    def __init__(self, message: str) -> None:
        super().__init__("Settings", message)


class SettingsFile:
    """The settings file of one folder.

    Both calls wait for the disk: from the loop use `tasks.run_in_thread`, one call at a time.

    Attributes:
        path: The file; a link to it is followed, so that a linked file stays linked.
        problem: What went wrong with the last `load`, as one or two sentences; None when nothing did.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.problem: str | None = None
        self._file = SafeFile(self.path)
        self._version = VERSION

    def load(self) -> Settings:
        """Reads the settings; never raises.

        A file that cannot be used is kept aside as ``settings.json.bad`` and the defaults are returned. When only some values are bad
        the others are used and a copy is kept aside. `problem` says which it was.
        """
        self.problem = None
        self._version = VERSION
        try:
            content = self._file.read()
        except Unusable as error:
            self.problem = f"{error.message} The program starts with its defaults."
            return Settings()
        if content is None:
            return Settings()
        data, raw = content
        known, bad = take(raw, _OWN_KEYS)
        self._version = max(VERSION, known.pop("version", VERSION))
        if bad:
            names = ", ".join(bad)
            self.problem = (
                f"{self.path} holds bad values, which are set to their defaults: {names}. "
                f"{self._file.keep_copy(data)}"
            )
        elif self._version > VERSION:
            self.problem = f"{self.path} was written by a newer version; what this one does not know is kept."
        return Settings(**known, extra=independent(raw))

    def save(self, settings: Settings) -> None:
        """Writes the settings: the old file stays until the new one is whole on the disk; mode 0600.

        Raises:
            SettingsError: They could not be written; the old file is as it was.
        """
        known = {name: getattr(settings, name) for name in _OWN_KEYS if name != "version"}
        try:
            self._file.write({"version": self._version} | known | settings.extra)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SettingsError(
                f"The settings could not be saved in {self.path.parent} ({reason}); check the folder's permissions and free space."
            ) from error
