# SPDX-License-Identifier: MIT
"""What every file of the program shares: a program killed while it writes leaves the old file or the new one, and a bad one loses nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.folders import make_private

#: No file of ours comes near; a larger one is something else.
MAX_BYTES: Final = 8 * 1024 * 1024
#: A temporary file this old was left by a program that was killed.
_STALE_S: Final = 60.0
#: What msgspec raises for bytes that are no JSON, or not of the shape asked for.
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class SafeFile:
    """One JSON file that survives everything. All calls wait for the disk.

    Attributes:
        path: The file; a link to it is followed, so that a linked file stays linked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[bytes, dict[str, msgspec.Raw]] | None:
        """The file's bytes and the members of its JSON object; None when there is no file. Removes what killed programs left.

        Raises:
            Unusable: There is one that cannot be used. It is set aside already; the error tells why and where it is kept.
        """
        self._remove_stale()
        try:
            data = self._bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(f"{self.path} cannot be read ({error.strerror or error}).") from error
        if len(data) > MAX_BYTES:
            raise self._unusable(f"{self.path} is too large for such a file.")
        try:
            return data, msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        except _NOT_JSON as error:
            raise self._unusable(f"{self.path} is damaged ({where(error)}).") from error

    def peek(self) -> bytes | None:
        """The file's bytes as they are; None when there is none, or none one could read. Touches nothing."""
        try:
            data = self._bytes()
        except OSError:
            return None
        return data if len(data) <= MAX_BYTES else None

    def write(self, content: Any) -> bytes:
        """Writes JSON: a temporary file beside the old one, flushed to the disk, then renamed over it; mode 0600. Returns its bytes.

        Raises:
            OSError: It could not be written; the old file is as it was.
        """
        try:
            encoded = msgspec.json.encode(content)
        except UnicodeEncodeError:
            encoded = msgspec.json.encode(_encodable(content))
        data = msgspec.json.format(encoded, indent=2) + b"\n"
        if len(data) > MAX_BYTES:  # the next start would not read it
            raise OSError(errno.EFBIG, f"it would be larger than {MAX_BYTES // 1024 // 1024} MiB")
        path = Path(os.path.realpath(self.path))
        if path.is_symlink():  # a circle of links
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        make_private(path.parent)
        # Not readable for others from its first moment on: mkstemp makes it 0600.
        handle, temporary = tempfile.mkstemp(prefix=f".{self.path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return data

    def _bytes(self) -> bytes:
        # Not blocking: a pipe of that name, which nobody writes to, must not be in the way of starting.
        flags = getattr(os, "O_NONBLOCK", 0)
        with open(self.path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
            return file.read(MAX_BYTES + 1) or b""

    def keep_copy(self, data: bytes) -> str:
        """Keeps a copy of a file that is used only in part; answers with a sentence that says where, or why not.

        A file that is read again before it is written has one copy.
        """
        if (kept := self._copy_of(data)) is not None:
            return f"The file as it was is kept as {kept.name}."
        aside = self._free_name()
        try:
            with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(data)
        except OSError as error:
            return f"The file could not be kept aside ({error.strerror or error})."
        return f"The file as it was is kept as {aside.name}."

    def _copy_of(self, data: bytes) -> Path | None:
        for kept in self.path.parent.glob(f"{self.path.name}.bad*"):
            with contextlib.suppress(OSError):  # not ours to read: then it is no copy of ours
                if kept.stat().st_size == len(data) and kept.read_bytes() == data:
                    return kept
        return None

    def _unusable(self, reason: str) -> Unusable:
        aside = self._free_name()
        try:
            os.replace(self.path, aside)
            kept = f"It is kept as {aside.name}."
        except OSError as error:
            kept = f"It could not be moved aside ({error.strerror or error})."
        return Unusable(f"{reason} {kept}")

    def _free_name(self) -> Path:
        """``NAME.bad``, or with a number where that is taken: what was kept aside is never overwritten."""
        aside = self.path.with_name(self.path.name + ".bad")
        number = 1
        while os.path.lexists(aside):
            number += 1
            aside = self.path.with_name(f"{self.path.name}.bad{number}")
        return aside

    def _remove_stale(self) -> None:
        for left in self.path.parent.glob(f".{self.path.name}.*.tmp"):
            try:
                if time.time() - left.stat().st_mtime > _STALE_S:
                    left.unlink()
            except OSError:
                continue  # somebody else's, or gone already; the next start tries again


class Unusable(MqttExplorerError):
    """A file that cannot be used; it has been set aside."""

    def __init__(self, message: str) -> None:
        super().__init__("File not usable", message)


def take(raw: dict[str, msgspec.Raw], kinds: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Takes the members with the given names and types out of a JSON object; others stay in it.

    Returns:
        The good values, and the names of the bad ones.
    """
    good: dict[str, Any] = {}
    bad: list[str] = []
    for name, kind in kinds.items():
        if name in raw:
            try:
                good[name] = msgspec.json.decode(raw.pop(name), type=kind)
            except _NOT_JSON:
                bad.append(name)
    return good, bad


def members(raw: msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object; None when it is none."""
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except _NOT_JSON:
        return None


def independent(raw: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The same members without the file's bytes behind them: a `Raw` holds the whole buffer it was cut from."""
    return {name: msgspec.Raw(bytes(value)) for name, value in raw.items()}


def where(error: Exception) -> str:
    """What is wrong with JSON, without any of its text: what is no JSON may be anything."""
    return str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__


def _encodable(content: Any) -> Any:
    """The same without halves of characters, which a text field may hold but no file: one of them must not keep all the rest from being saved."""
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    if isinstance(content, Mapping):
        return {_encodable(name): _encodable(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_encodable(each) for each in content]
    return content


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable where the system can: Windows cannot open folders, and some network file systems cannot flush them.

    Never raises: the new content is in place by then, whatever a power cut may still do.
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
