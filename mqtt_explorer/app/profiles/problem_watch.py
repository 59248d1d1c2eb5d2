# SPDX-License-Identifier: MIT
"""Counts the problems of all saved brokers in idle time, so that lists can mark them. Reads no file and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from mqtt_explorer.profiles.profile import Profile, Secrets

if TYPE_CHECKING:
    from mqtt_explorer.app.profiles.book import ProfileBook

#: After a change, and not before the first paint: the checks load the presets.
_WAIT_MS: Final = 250
#: So many brokers at once: about a millisecond.
_AT_ONCE: Final = 10
#: What these lack is a secret, which nobody asks the keyring for here.
_SECRET_FIELDS: Final = ("websocket_headers", "websocket_query", "password", "key_password")


class ProblemWatch(QObject):
    """Follows the book; each broker is checked once per change of it.

    Attributes:
        found: In how many fields of a broker something is wrong: id → number, for those with problems.

    Signals:
        changed(): `found` changed.
    """

    changed = Signal()

    def __init__(self, book: ProfileBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: dict[str, int] = {}
        self._book = book
        self._counted: dict[str, tuple[Profile, int]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        self.destroyed.connect(book.changed.connect(self._begin))
        self._begin()

    def _begin(self) -> None:
        self._timer.start(_WAIT_MS)

    def _go_on(self) -> None:
        profiles = self._book.profiles
        new = [each for each in profiles if self._counted.get(each.id, (None, 0))[0] is not each]
        for profile in new[:_AT_ONCE]:
            self._counted[profile.id] = (profile, _count(profile))
        if len(new) > _AT_ONCE:
            self._timer.start(0)
            return
        listed = {each.id for each in profiles}
        self._counted = {name: each for name, each in self._counted.items() if name in listed}
        found = {name: number for name, (_, number) in self._counted.items() if number}
        if found != self.found:
            self.found = found
            self.changed.emit()


def _count(profile: Profile) -> int:
    from mqtt_explorer.profiles.resolve import problems  # not before the first paint: it loads the presets

    return len(
        [each for each in problems(profile, Secrets()) if each.field.partition(".")[0] not in _SECRET_FIELDS]
    )
