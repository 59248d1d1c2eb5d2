# SPDX-License-Identifier: MIT
"""Favourites, muted branches and chosen decoders on disk: a bad value costs only itself.

There is nothing in the file but topics, filters and names of decoders with their options (one of Protobuf holds a file's path).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.decoder_choices import MAX_DECODERS, is_choice
from mqtt_explorer.profiles.marks import MAX_FAVOURITES, MAX_MUTED, Marks
from mqtt_explorer.profiles.safe_file import SafeFile, Unusable, independent, members, take
from mqtt_explorer.protocol.topics import utf8_problem

FILE_NAME: Final = "topics.json"
#: The layout of the file; a newer program may raise it.
VERSION: Final = 1
_LIMITS: Final = {"favourites": MAX_FAVOURITES, "muted": MAX_MUTED}
_NOTHING: Final = Marks()

Brokers = dict[str, Marks]


class MarksFileError(MqttExplorerError):
    """What was marked could not be written."""

    def __init__(self, message: str) -> None:
        super().__init__("Favourites", message)


class MarksFile:
    """The file of one folder: ``{"version": 1, "brokers": {key: {"favourites": […], "muted": […], "decoders": {filter: choice}}}}``.

    All calls but `take_over` wait for the disk: from the loop use `tasks.run_in_thread`, one call at a time.

    Attributes:
        path: The file; a link to it is followed, so that a linked file stays linked.
        problem: What went wrong with the last `load`, in some sentences; None when nothing did.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.problem: str | None = None
        self._file = SafeFile(self.path)
        self._reading = _Reading({})
        # When the file was last read or written here: what we had, what it held, and its bytes.
        self._base: Brokers = {}
        self._there: Brokers = {}
        self._bytes = b""

    def load(self) -> Brokers:
        """Reads the marks of all brokers, by key; never raises.

        A file that cannot be used is kept aside as ``topics.json.bad``, and nothing is marked. When only some values are bad the others
        are used and a copy is kept aside. `problem` says which it was.
        """
        self.problem = None
        self._reading = _Reading({})
        self._base, self._there, self._bytes = {}, {}, b""
        try:
            content = self._file.read()
        except Unusable as error:
            self.problem = (
                f"{error.message} The program starts without favourites, muted branches and chosen decoders."
            )
            return {}
        if content is None:
            return {}
        self._bytes, raw = content
        self._reading = reading = _Reading(raw)
        sentences = []
        if reading.bad:
            named = ", ".join(reading.bad)
            sentences.append(
                f"{self.path} holds bad values, which are left out: {named}. {self._file.keep_copy(self._bytes)}"
            )
        if reading.version > VERSION:
            sentences.append(
                f"{self.path} was written by a newer version; what this one does not know is kept."
            )
        self.problem = " ".join(sentences) or None
        self._base, self._there = dict(reading.brokers), reading.brokers
        return dict(reading.brokers)

    def save(self, brokers: Mapping[str, Marks]) -> Brokers:
        """Writes the marks: the old file stays until the new one is whole on the disk; mode 0600.

        Brokers that another program has changed since the last `load` or `save`, and we have not, are written as it left them.

        Returns:
            What the file holds now.

        Raises:
            MarksFileError: They could not be written; the old file is as it was.
        """
        self.look()
        written = merged(self._base, brokers, self._there)
        try:
            self._bytes = self._file.write(self._reading.content(written))
        except OSError as error:
            reason = error.strerror or str(error)
            raise MarksFileError(
                f"Favourites, muted branches and chosen decoders could not be saved in {self.path.parent} ({reason}); "
                "check the folder's permissions and free space."
            ) from error
        self._base, self._there = dict(brokers), written
        return dict(written)

    def take_over(self, keys: Iterable[str]) -> Brokers:
        """What the file holds of these brokers, as it was last read or written; from now on that is what we had."""
        taken: Brokers = {}
        for key in keys:
            self._base.pop(key, None)
            if key in self._there:
                taken[key] = self._base[key] = self._there[key]
        return taken

    def look(self) -> None:
        """Reads what another program has written since; `take_over` tells."""
        data = self._file.peek()
        if data is None or data == self._bytes:
            return
        raw = members(msgspec.Raw(data))
        reading = _Reading(raw) if raw is not None else None
        if reading is None or reading.bad:
            self._file.keep_copy(data)
        if reading is not None:
            reading.version = max(self._reading.version, reading.version)
            self._reading, self._there = reading, reading.brokers


def merged(base: Mapping[str, Marks], ours: Mapping[str, Marks], theirs: Mapping[str, Marks]) -> Brokers:
    """Our marks with another program's for the brokers we have not touched; where both changed one, ours count.

    Args:
        base: What we had when the file was last read or written here.
        ours: What we have now.
        theirs: What the file holds now.
    """
    made: Brokers = {}
    for key in {**ours, **theirs}:
        touched = ours.get(key, _NOTHING) != base.get(key, _NOTHING)
        marks = (ours if touched else theirs).get(key, _NOTHING)
        if marks != _NOTHING:
            made[key] = marks
    return made


class _Reading:
    """One reading of a file; takes what it knows out of `raw` and keeps the rest.

    Attributes:
        version: The file's.
        brokers: The good values.
        bad: What was left out.
    """

    def __init__(self, raw: dict[str, msgspec.Raw]) -> None:
        self.bad: list[str] = []
        self.brokers: Brokers = {}
        self._extras: dict[str, dict[str, msgspec.Raw]] = {}
        known, bad = take(raw, {"version": int, "brokers": dict[str, msgspec.Raw]})
        self.bad += bad
        self.version = max(VERSION, known.get("version", VERSION))
        topics = brokers = decoders = 0
        for key, each in known.get("brokers", {}).items():
            inside = members(each)
            if inside is None or utf8_problem(key):
                brokers += 1
                continue
            marks, left_out = _marks(inside)
            topics += left_out
            chosen, left_out = _decoders(inside)
            decoders += left_out
            marks = replace(marks, decoders=chosen)
            self._extras[key] = independent(inside)
            if marks != _NOTHING:
                self.brokers[key] = marks
        if brokers:
            self.bad.append("1 broker" if brokers == 1 else f"{brokers:,} brokers")
        if topics:
            self.bad.append("1 topic or list" if topics == 1 else f"{topics:,} topics or lists")
        if decoders:
            self.bad.append("1 chosen decoder" if decoders == 1 else f"{decoders:,} chosen decoders")
        self._extra = independent(raw)

    def content(self, brokers: Brokers) -> dict[str, Any]:
        """What is written: these marks, and the keys this version does not know."""
        inside: dict[str, Any] = {}
        for key in {**brokers, **self._extras}:
            marks, extra = brokers.get(key, _NOTHING), self._extras.get(key, {})
            if marks != _NOTHING or extra:
                lists: dict[str, Any] = {"favourites": marks.favourites, "muted": marks.muted}
                if marks.decoders:  # a key that older programs do not know, and keep
                    lists["decoders"] = dict(marks.decoders)
                inside[key] = lists | extra
        return {"version": self.version, "brokers": inside} | self._extra


def _marks(raw: dict[str, msgspec.Raw]) -> tuple[Marks, int]:
    """The marks of one broker, taken out of `raw`, and how many topics or whole lists were left out."""
    lists, bad = take(raw, dict.fromkeys(_LIMITS, list[msgspec.Raw]))
    left_out = len(bad)
    good: dict[str, tuple[str, ...]] = {}
    for name, topics in lists.items():
        taken = [topic for each in topics if (topic := _topic(each)) is not None]
        left_out += len(topics) - len(taken)
        unique = tuple(dict.fromkeys(taken))
        left_out += max(len(unique) - _LIMITS[name], 0)
        good[name] = unique[: _LIMITS[name]]
    return Marks(good.get("favourites", ()), good.get("muted", ())), left_out


def _decoders(raw: dict[str, msgspec.Raw]) -> tuple[tuple[tuple[str, str], ...], int]:
    """The decoders chosen for one broker, taken out of `raw`, and how many of them were left out."""
    found, bad = take(raw, {"decoders": dict[str, msgspec.Raw]})
    chosen = found.get("decoders", {})
    good = tuple(
        (text, str(choice[""]))
        for text, each in chosen.items()
        if (choice := take({"": each}, {"": str})[0]) and is_choice(text, choice[""])
    )[:MAX_DECODERS]
    return good, len(bad) + len(chosen) - len(good)


def _topic(raw: msgspec.Raw) -> str | None:
    """A topic or branch; None when it cannot be one. The empty first level of ``/x`` is one."""
    good, bad = take({"": raw}, {"": str})
    if bad or "+" in good[""] or "#" in good[""] or utf8_problem(good[""]):
        return None
    return str(good[""])
