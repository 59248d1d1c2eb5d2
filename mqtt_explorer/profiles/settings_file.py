# SPDX-License-Identifier: MIT
"""Settings on disk: a bad file loses nothing, and a program killed while it writes leaves the old file or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.folders import make_private
from mqtt_explorer.profiles.settings import MIB, VERSION, Settings

FILE_NAME: Final = "settings.json"
#: No settings of ours come near; a larger file is something else.
_MAX_BYTES: Final = 8 * MIB
#: A temporary file this old was left by a program that was killed.
_STALE_S: Final = 60.0
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
        self._version = VERSION

    def load(self) -> Settings:
        """Reads the settings; never raises.

        A file that cannot be used is kept aside as ``settings.json.bad`` and the defaults are returned. When only some values are bad
        the others are used and a copy is kept aside. `problem` says which it was.
        """
        self.problem = None
        self._version = VERSION
        self._remove_stale()
        try:
            data = self._read()
        except FileNotFoundError:
            return Settings()
        except OSError as error:
            return self._start_anew(f"{self.path} cannot be read ({error.strerror or error}).")
        if data is None:
            return self._start_anew(f"{self.path} is too large for a settings file.")
        try:
            raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._start_anew(f"{self.path} is damaged ({error}).")
        known: dict[str, Any] = {}
        bad: list[str] = []
        for name, kind in _OWN_KEYS.items():
            if name in raw:
                try:
                    known[name] = msgspec.json.decode(raw.pop(name), type=kind)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    bad.append(name)
        self._version = max(VERSION, known.pop("version", VERSION))
        if bad:
            aside = self._put_aside(data)
            names = ", ".join(bad)
            self.problem = f"{self.path} holds bad values, which are set to their defaults: {names}. {aside}"
        elif self._version > VERSION:
            self.problem = f"{self.path} was written by a newer version; what this one does not know is kept."
        return Settings(**known, extra={name: msgspec.Raw(bytes(value)) for name, value in raw.items()})

    def save(self, settings: Settings) -> None:
        """Writes the settings: a temporary file beside the old one, flushed to the disk, then renamed over it; mode 0600.

        Raises:
            SettingsError: They could not be written; the old file is as it was.
        """
        temporary = None
        try:
            path = self.path.resolve()
            make_private(path.parent)
            handle, temporary = tempfile.mkstemp(
                prefix=f".{FILE_NAME}.", suffix=".tmp", dir=path.parent
            )  # 0600 by itself
            with os.fdopen(handle, "wb") as file:
                file.write(self._encode(settings))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync_folder(path.parent)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            reason = error.strerror or str(error)
            raise SettingsError(
                f"The settings could not be saved in {self.path.parent} ({reason}); check the folder's permissions and free space."
            ) from error

    def _encode(self, settings: Settings) -> bytes:
        known = {name: getattr(settings, name) for name in _OWN_KEYS if name != "version"}
        everything = {"version": self._version} | known | settings.extra
        return msgspec.json.format(msgspec.json.encode(everything), indent=2) + b"\n"

    def _read(self) -> bytes | None:
        """The file's bytes, or None when there are too many."""
        with self.path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        return data if len(data) <= _MAX_BYTES else None

    def _start_anew(self, reason: str) -> Settings:
        aside = self._free_name()
        try:
            os.replace(self.path, aside)
            kept = f"It is kept as {aside.name}."
        except OSError as error:
            kept = f"It could not be moved aside ({error.strerror or error})."
        self.problem = f"{reason} {kept} The program starts with its defaults."
        return Settings()

    def _put_aside(self, data: bytes) -> str:
        aside = self._free_name()
        try:
            with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(data)
        except OSError as error:
            return f"The file could not be kept aside ({error.strerror or error})."
        return f"The file as it was is kept as {aside.name}."

    def _free_name(self) -> Path:
        """``settings.json.bad``, or with a number where that is taken: what was kept aside is never overwritten."""
        aside = self.path.with_name(FILE_NAME + ".bad")
        number = 1
        while os.path.lexists(aside):
            number += 1
            aside = self.path.with_name(f"{FILE_NAME}.bad{number}")
        return aside

    def _remove_stale(self) -> None:
        for left in self.path.parent.glob(f".{FILE_NAME}.*.tmp"):
            try:
                if time.time() - left.stat().st_mtime > _STALE_S:
                    left.unlink()
            except OSError:
                continue  # somebody else's, or gone already; the next start tries again


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable where the system can: Windows cannot open folders, and some network file systems cannot flush them.

    Never raises: the new settings are in place by then, whatever a power cut may still do.
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
