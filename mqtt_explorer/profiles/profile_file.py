# SPDX-License-Identifier: MIT
"""Saved brokers on disk: one bad broker or value costs only itself, and no secret is ever written."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.library import Library, merged
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft, WillDraft
from mqtt_explorer.profiles.safe_file import SafeFile, Unusable, independent, members, take

__all__ = ["FILE_NAME", "VERSION", "Library", "ProfileFile", "ProfileFileError"]

FILE_NAME: Final = "profiles.json"
#: The layout of the file; a newer program may raise it.
VERSION: Final = 1
_ID: Final = re.compile(r"[\w-]{1,64}")
#: Never kept, even when somebody wrote one into the file by hand.
_SECRETS: Final = frozenset(field.name for field in msgspec.structs.fields(Secrets))
#: So many bad values are named in a message.
_NAMED: Final = 5

Draft = TypeVar("Draft", WillDraft, SubscriptionDraft)


class ProfileFileError(MqttExplorerError):
    """Saved brokers could not be written."""

    def __init__(self, message: str) -> None:
        super().__init__("Saved brokers", message)


class ProfileFile:
    """The file of saved brokers of one folder: ``{"version": 1, "folders": […], "profiles": […]}``.

    Both calls wait for the disk: from the loop use `tasks.run_in_thread`, one call at a time.

    Attributes:
        path: The file; a link to it is followed, so that a linked file stays linked.
        problem: What went wrong with the last `load`, in some sentences; None when nothing did.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.problem: str | None = None
        self._file = SafeFile(self.path)
        self._version = VERSION
        self._extra: dict[str, msgspec.Raw] = {}
        # When the file was last read or written here: what we had, what it held, and its bytes.
        self._base = self._there = Library()
        self._bytes = b""

    def load(self) -> Library:
        """Reads the brokers; never raises.

        A file that cannot be used is kept aside as ``profiles.json.bad``, and there are no brokers. When only some values are bad the
        others are used and a copy is kept aside. `problem` names what it was.
        """
        self.problem = None
        self._version = VERSION
        self._extra = {}
        self._base = self._there = Library()
        self._bytes = b""
        try:
            content = self._file.read()
        except Unusable as error:
            self.problem = f"{error.message} The program starts without saved brokers."
            return Library()
        if content is None:
            return Library()
        data, raw = content
        reading = _Reading()
        library = reading.library(raw)
        self._version = max(VERSION, reading.version)
        self._extra = independent(raw)
        sentences = list(reading.sentences)
        if reading.bad:
            more = len(reading.bad) - _NAMED
            named = ", ".join(reading.bad[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            sentences.insert(
                0,
                f"{self.path} holds bad values, which are left out or set to their defaults: {named}. "
                f"{self._file.keep_copy(data)}",
            )
        if self._version > VERSION:
            sentences.append(
                f"{self.path} was written by a newer version; what this one does not know is kept."
            )
        self.problem = " ".join(sentences) or None
        self._base = self._there = library
        self._bytes = data
        return library

    def look(self) -> bool:
        """Reads what another program has written since; True when there is something new for `adopt`. A file with faults waits for `save`."""
        data = self._file.peek()
        raw = members(msgspec.Raw(data)) if data is not None and data != self._bytes else None
        if data is None or raw is None:
            return False
        reading = _Reading()
        theirs = reading.library(raw)
        if reading.bad:
            return False
        self._version = max(self._version, reading.version)
        self._extra = independent(raw)
        self._there, self._bytes = theirs, data
        return True

    def adopt(self, library: Library) -> Library:
        """The brokers with what the last `save` or `look` found of another program; from now on that is what both have in common.

        Waits for nothing; not while another call runs.
        """
        taken = merged(self._base, library, self._there)
        self._base = self._there
        return taken

    def save(self, library: Library) -> None:
        """Writes the brokers: the old file stays until the new one is whole on the disk; mode 0600.

        What another program has written since the last `load` or `save` is taken over, see `library.merged`.

        Raises:
            ProfileFileError: They could not be written; the old file is as it was.
        """
        written = self._with_others(library)
        content = {
            "version": self._version,
            "folders": written.folders,
            "profiles": [_members_of(profile) for profile in written.profiles],
        }
        try:
            self._bytes = self._file.write(content | self._extra)
            self._base, self._there = library, written
        except OSError as error:
            reason = error.strerror or str(error)
            raise ProfileFileError(
                f"The brokers could not be saved in {self.path.parent} ({reason}); check the folder's permissions and free space."
            ) from error

    def _with_others(self, library: Library) -> Library:
        data = self._file.peek()
        if data is None:
            return library
        if data == self._bytes:
            return merged(self._base, library, self._there)
        raw = members(msgspec.Raw(data))
        if raw is None:
            self._file.keep_copy(data)
            return library
        reading = _Reading()
        theirs = reading.library(raw)
        if reading.bad:
            self._file.keep_copy(data)
        self._version = max(self._version, reading.version)
        self._extra = independent(raw)
        return merged(self._base, library, theirs)


class _Reading:
    """One reading of a file; collects what is wrong with it on the way.

    Attributes:
        version: The file's.
        bad: What was left out or set to its default: ``“Plant”: keep_alive``.
        sentences: What else the user should know.
    """

    def __init__(self) -> None:
        self.version = VERSION
        self.bad: list[str] = []
        self.sentences: list[str] = []
        self._ids: set[str] = set()

    def library(self, raw: dict[str, msgspec.Raw]) -> Library:
        """The brokers of the file; takes what it knows out of `raw`."""
        known, bad = take(raw, {"version": int, "folders": list[msgspec.Raw], "profiles": list[msgspec.Raw]})
        self.bad += bad
        self.version = known.get("version", VERSION)
        profiles = []
        for number, each in enumerate(known.get("profiles", ()), 1):
            profile = self._profile(each, number)
            if profile is not None:
                profiles.append(profile)
        folders = [name for each in known.get("folders", ()) if (name := self._folder(each)) and name.strip()]
        folders += [profile.folder for profile in profiles if profile.folder]
        return Library(tuple(dict.fromkeys(folders)), tuple(profiles))

    def _folder(self, raw: msgspec.Raw) -> str | None:
        good, bad = take({"": raw}, {"": str})
        if bad:
            self.bad.append("the name of a folder")
        return good.get("")

    def _profile(self, raw: msgspec.Raw, number: int) -> Profile | None:
        inside = members(raw)
        if inside is None:
            self.bad.append(f"broker {number}")
            return None
        good, bad = take(inside, _PROFILE_KEYS)
        if "will" in inside:
            good["will"] = self._draft(inside.pop("will"), WillDraft, "will", bad) or WillDraft()
        if "subscriptions" in inside:
            good["subscriptions"] = self._subscriptions(inside.pop("subscriptions"), bad)
        if "id" in bad:
            bad.remove("id")  # nothing the user has typed; a new one does
        secrets = [name for name in _SECRETS if inside.pop(name, None) is not None]
        wanted = good.pop("id", "")
        taken = wanted in self._ids
        good["id"] = wanted if not taken and _ID.fullmatch(wanted) else _id_of(raw, number)
        self._ids.add(good["id"])
        profile = Profile(**good, extra=independent(inside))
        name = f"“{profile.title}”" if profile.name or profile.url else f"broker {number}"
        self.bad += [f"{name}: {field}" for field in bad]
        if taken:
            self.sentences.append(
                f"{name} had the id of another broker and got one of its own; enter its password again."
            )
        if secrets:
            self.sentences.append(
                f"{name} had a secret in the file, which is no place for one; enter it in the form."
            )
        return profile

    def _subscriptions(self, raw: msgspec.Raw, bad: list[str]) -> tuple[SubscriptionDraft, ...]:
        good, wrong = take({"": raw}, {"": list[msgspec.Raw]})
        if wrong:
            bad.append("subscriptions")
            return Profile().subscriptions
        drafts = (
            self._draft(each, SubscriptionDraft, f"subscriptions.{index}", bad)
            for index, each in enumerate(good[""])
        )
        return tuple(draft for draft in drafts if draft is not None)

    def _draft(self, raw: msgspec.Raw, kind: type[Draft], name: str, bad: list[str]) -> Draft | None:
        """A part of a profile, bad values at their defaults; None when it is no object at all."""
        inside = members(raw)
        if inside is None:
            bad.append(name)
            return None
        good, wrong = take(inside, _DRAFT_KEYS[kind])
        bad += [f"{name}.{field}" for field in wrong]
        return kind(**good, extra=independent(inside))


def _id_of(raw: msgspec.Raw, number: int) -> str:
    """An id for a broker without a good one: the same at each start until the file is written, as its secrets are kept under it."""
    return blake2b(bytes(raw), digest_size=8, key=str(number).encode()).hexdigest()


def _keys(kind: type[msgspec.Struct], *without: str) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind) if field.name not in without}


_PROFILE_KEYS: Final = _keys(Profile, "will", "subscriptions", "extra")
_DRAFT_KEYS: Final[dict[type[msgspec.Struct], dict[str, Any]]] = {
    WillDraft: _keys(WillDraft, "extra"),
    SubscriptionDraft: _keys(SubscriptionDraft, "extra"),
}


def _members_of(part: Profile | WillDraft | SubscriptionDraft) -> dict[str, Any]:
    """What is written of a part: its values, then the keys this version does not know."""
    content: dict[str, Any] = {}
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, WillDraft):
            value = _members_of(value)
        elif name == "subscriptions":
            value = [_members_of(each) for each in value]
        if name != "extra":
            content[name] = value
    return content | part.extra
