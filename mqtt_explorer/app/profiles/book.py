# SPDX-License-Identifier: MIT
"""The saved brokers while the program runs: changed at once, written beside the loop."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.saver import Saver
from mqtt_explorer.events import Event
from mqtt_explorer.profiles.profile import Profile, new_id
from mqtt_explorer.tasks import run_in_thread

if TYPE_CHECKING:
    from pathlib import Path

    from mqtt_explorer.profiles.profile_file import Library, ProfileFile

#: Changes within this time are written together; with the write itself it stays below half a second.
_GATHER_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class RemovedFolder:
    """What `ProfileBook.restore_folder` needs to undo the removal of a folder.

    Attributes:
        position: Where it stood among the folders.
        ids: The profiles that were in it and went to the top level.
    """

    name: str
    position: int
    ids: tuple[str, ...]


class ProfileBook:
    """Holds the saved brokers and their folders, and saves every change within half a second.

    The order of `profiles` is the order shown; among the profiles of one folder only. A folder lives until it is removed, also empty.

    Events:
        changed: Profiles, folders or their order changed.
        saved: Everything changed so far is on the disk.
        problem: With a sentence when it could not be saved; the next change, and `finish`, try again.
        gone: With the id of a removed profile that nobody can bring back any more: its secrets may be forgotten.
    """

    def __init__(self, library: Library, file: ProfileFile) -> None:
        self.changed: Event[()] = Event()
        self.gone: Event[str] = Event()
        self._removed: dict[str, tuple[Profile, int]] = {}
        self._profiles = {profile.id: profile for profile in library.profiles}
        self._folders = list(dict.fromkeys(name for name in library.folders if name))
        for profile in library.profiles:
            self._need_folder(profile.folder)
        self._library = library
        self._file = file
        self._saver = Saver(self._save, _GATHER_S, "save profiles")
        self.saved, self.problem = self._saver.saved, self._saver.problem

    @property
    def path(self) -> Path:
        """Where they are stored."""
        return self._file.path

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """All saved brokers in their order."""
        return tuple(self._profiles.values())

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of all folders in their order, empty ones too."""
        return tuple(self._folders)

    @property
    def unsaved(self) -> bool:
        """True while a change is not on the disk yet."""
        return self._saver.unsaved

    def find(self, profile_id: str) -> Profile | None:
        """The profile with this id."""
        return self._profiles.get(profile_id)

    def add(self, profile: Profile, *, before: str | None = None) -> Profile:
        """Adds a profile, before another one or at the end; one whose id is taken gets a new id."""
        if profile.id in self._profiles:
            profile = msgspec.structs.replace(profile, id=new_id())
        self._insert(profile, before)
        self._changed()
        return profile

    def replace(self, profile: Profile) -> None:
        """Takes the new values of a profile; one that is gone meanwhile stays gone."""
        if self._profiles.get(profile.id) in (None, profile):
            return
        self._profiles[profile.id] = profile
        self._need_folder(profile.folder)
        self._changed()

    def remove(self, profile_id: str) -> tuple[Profile, int]:
        """Removes a profile; the answer is what `restore` needs to bring it back, until `let_go`.

        Raises:
            KeyError: There is none with this id.
        """
        position = list(self._profiles).index(profile_id) if profile_id in self._profiles else -1
        profile = self._profiles.pop(profile_id)
        self._removed[profile_id] = (profile, position)
        self._changed()
        return profile, position

    def let_go(self, profile_id: str) -> None:
        """Notes that a removed profile will not be brought back."""
        if profile_id in self._removed:
            del self._removed[profile_id]
            self.gone.emit(profile_id)

    def restore(self, profile: Profile, position: int) -> None:
        """Brings back what `remove` took, to its place and into its folder."""
        if profile.id in self._profiles:
            return
        self._removed.pop(profile.id, None)
        later = list(self._profiles)[position : position + 1]
        self._insert(profile, later[0] if later else None)
        self._changed()

    def duplicate(self, profile_id: str) -> Profile:
        """Adds a copy behind the original; copying its secrets is up to the caller.

        The copy does not connect at start, was never used, and has no client id of its own: with the same one the broker would end one
        of the two connections whenever the other is made.

        Raises:
            KeyError: There is none with this id.
        """
        original = self._profiles[profile_id]
        name = _tr("{name} copy").format(name=original.title)
        copy = msgspec.structs.replace(
            original,
            id=new_id(),
            name=_unique(name, (profile.name for profile in self._profiles.values())),
            client_id="",
            connect_at_start=False,
            last_used=0.0,
        )
        ids = list(self._profiles)
        behind = ids[ids.index(profile_id) + 1 :]
        self._insert(copy, behind[0] if behind else None)
        self._changed()
        return copy

    def move(self, profile_id: str, folder: str, before: str | None = None) -> None:
        """Moves a profile into a folder ("" is the top level), before another profile there or to its end.

        Raises:
            KeyError: There is none with this id.
        """
        if before == profile_id:
            return
        order = self.profiles
        profile = self._profiles.pop(profile_id)
        self._insert(msgspec.structs.replace(profile, folder=folder), before)
        if self.profiles != order:
            self._changed()

    def add_folder(self, name: str) -> str:
        """Adds an empty folder; its name, made unique, is returned."""
        name = _unique(name.strip() or _tr("New folder"), self._folders)
        self._folders.append(name)
        self._changed()
        return name

    def rename_folder(self, old: str, new: str) -> str:
        """Renames a folder; its new name, made unique, is returned. An empty name changes nothing.

        Raises:
            ValueError: There is no such folder.
        """
        place = self._folders.index(old)
        new = new.strip()
        if new in ("", old):
            return old
        new = _unique(new, self._folders)
        self._folders[place] = new
        self._put_into(new, [profile.id for profile in self._profiles.values() if profile.folder == old])
        self._changed()
        return new

    def remove_folder(self, name: str) -> RemovedFolder:
        """Removes a folder; its profiles go to the top level. The answer is what `restore_folder` needs.

        Raises:
            ValueError: There is no such folder.
        """
        inside = tuple(profile.id for profile in self._profiles.values() if profile.folder == name)
        removed = RemovedFolder(name, self._folders.index(name), inside)
        self._folders.remove(name)
        self._put_into("", inside)
        self._changed()
        return removed

    def restore_folder(self, removed: RemovedFolder) -> None:
        """Brings back what `remove_folder` took; profiles that were moved or removed since stay where they are."""
        if removed.name not in self._folders:
            self._folders.insert(removed.position, removed.name)
        still = [name for name in removed.ids if (profile := self.find(name)) and not profile.folder]
        self._put_into(removed.name, still)
        self._changed()

    def move_folder(self, name: str, before: str | None = None) -> None:
        """Moves a folder before another one, or to the end.

        Raises:
            ValueError: There is no such folder.
        """
        if before == name:
            return
        order = self.folders
        self._folders.remove(name)
        self._folders.insert(
            self._folders.index(before) if before in self._folders else len(self._folders), name
        )
        if self.folders != order:
            self._changed()

    def touch(self, profile_id: str) -> None:
        """Notes that a profile is used now."""
        if (profile := self.find(profile_id)) is not None:
            self.replace(msgspec.structs.replace(profile, last_used=time.time()))

    def bring_back(self, profile_id: str) -> bool:
        """Restores a removed profile by its id; False where nobody can bring it back any more."""
        removed = self._removed.get(profile_id)
        if removed is not None:
            self.restore(*removed)
        return removed is not None

    def look_again(self) -> None:
        """Takes over what another program has written to the same file; what changed here is not touched. A save under way does it too."""
        self._saver.read(self._look, "read profiles again")

    async def finish(self) -> None:
        """Waits until everything is written; what failed to be written is tried once more, what was removed is gone."""
        for profile_id in tuple(self._removed):
            self.let_go(profile_id)
        await self._saver.finish()

    def _insert(self, profile: Profile, before: str | None) -> None:
        """Puts a profile before another one, or at the end where there is no such."""
        self._need_folder(profile.folder)
        if before not in self._profiles:
            self._profiles[profile.id] = profile
            return
        order: dict[str, Profile] = {}
        for name, other in self._profiles.items():
            if name == before:
                order[profile.id] = profile
            order[name] = other
        self._profiles = order

    def _need_folder(self, name: str) -> None:
        if name and name not in self._folders:
            self._folders.append(name)

    def _put_into(self, folder: str, ids: Iterable[str]) -> None:
        for name in ids:
            self._profiles[name] = msgspec.structs.replace(self._profiles[name], folder=folder)

    def _changed(self) -> None:
        self._saver.changed()
        self.changed.emit()

    async def _save(self) -> None:
        self._library = msgspec.structs.replace(self._library, folders=self.folders, profiles=self.profiles)
        await run_in_thread(self._file.save, self._library)
        self._take_over()

    async def _look(self) -> None:
        if await run_in_thread(self._file.look):
            self._take_over()

    def _take_over(self) -> None:
        """The file holds what another program changed: here too, with what changed here meanwhile."""
        ours = msgspec.structs.replace(self._library, folders=self.folders, profiles=self.profiles)
        taken = self._file.adopt(ours)
        if taken == ours:
            return
        self._profiles = {profile.id: profile for profile in taken.profiles}
        self._folders = list(taken.folders)
        for profile in taken.profiles:
            self._need_folder(profile.folder)
        self.changed.emit()


def _unique(name: str, taken: Iterable[str]) -> str:
    """The name, or with the first number behind it that makes it unique."""
    known = set(taken)
    number, made = 1, name
    while made in known:
        number += 1
        made = f"{name} {number}"
    return made


def _tr(text: str) -> str:
    return QCoreApplication.translate("ProfileBook", text)
