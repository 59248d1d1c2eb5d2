# SPDX-License-Identifier: MIT
"""The menu behind the format chip: how a payload is decoded, and for which topics that is remembered.

What cannot show the payload is listed with the reason. Topics, filters and paths are text from elsewhere: they stand on one line, and an
ampersand in them is no key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.payload.api import Context, Decoder
from mqtt_explorer.payload.protobuf_schema import SEPARATOR
from mqtt_explorer.payload.registry import AUTO, DECODERS, find_decoder, split_choice
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line

_ICONS: Final = {
    "hex": "binary",
    "text": "text",
    "base64": "case",
    "json": "braces",
    "xml": "code",
    "cbor": "cube",
    "msgpack": "cube",
    "protobuf": "cube",
    "sparkplug": "cube",
    "numbers": "sigma",
    "unwrap": "archive",
    "image": "image",
}
_OTHER_ICON: Final = "file"
_PROTOBUF: Final = "protobuf"
#: Formats that are not text stand in a group of their own.
_BINARY: Final = {"cbor", "msgpack", _PROTOBUF, "sparkplug", "numbers", "unwrap", "image"}
#: Characters of a filter or a type in the menu; the rest is in the tooltip.
_SHOWN: Final = 56
#: Filters with one level left open that are offered.
_OPEN_LEVELS: Final = 4


def _tr(text: str) -> str:
    return QCoreApplication.translate("FormatMenu", text)


def format_menu(
    parent: QWidget,
    *,
    payload: bytes,
    context: Context,
    choice: str,
    label: str,
    topic: str,
    remembered: tuple[str, str] | None,
    on_choice: Callable[[str], object],
    on_remember: Callable[[str | None], object],
    on_schema: Callable[[], object],
    schemas: Sequence[str] = (),
) -> QMenu:
    """The menu; the caller pops it up.

    Args:
        parent: The chip or the panel.
        payload: The bytes it is about; only their beginning is looked at.
        context: What else is known of them.
        choice: The choice in force.
        label: What is shown now ("JSON").
        topic: The topic of the message.
        remembered: The filter whose choice counts for the topic, and that choice.
        on_choice: Takes a choice.
        on_remember: Takes a filter, for which the choice in force is to be remembered; None forgets what is remembered.
        on_schema: Asks for a Protobuf schema.
        schemas: Choices with a schema that were used in this session, the last one first.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    made = _Maker(choice, on_choice)
    automatic = _tr("Auto (now: {format})").format(format=_short(label)) if choice == AUTO else _tr("Auto")
    made.add(menu, automatic, AUTO, "wand")
    menu.addSeparator()
    was_binary = False
    for decoder in DECODERS:
        if (decoder.name in _BINARY) and not was_binary:
            menu.addSeparator()
            was_binary = True
        reason = _objection(decoder, payload, context)
        if reason is not None:
            made.add_reason(menu, decoder, reason)
        elif decoder.name == _PROTOBUF:
            _add_protobuf(made.add_menu(menu, decoder), choice, on_choice, on_schema, schemas)
        elif decoder.options:
            made.add_options(made.add_menu(menu, decoder), decoder)
        else:
            made.add(menu, decoder.label, decoder.name, icon_name(decoder.name))
    menu.addSeparator()
    _add_remember(made, menu, choice, topic, remembered, on_remember)
    return menu


def icon_name(name: str) -> str:
    """The icon of a decoder."""
    return _ICONS.get(name, _OTHER_ICON)


def choice_text(choice: str) -> str:
    """A choice in words ("Text, Latin-1 (ISO 8859-1)"), on one line."""
    name, option = split_choice(choice)
    decoder = find_decoder(name)
    if decoder is None:
        return _tr("Auto") if name == AUTO else one_line(name, _SHOWN)
    if name == _PROTOBUF and option:
        return f"{decoder.label}, {one_line(option.rpartition(SEPARATOR)[2], _SHOWN)}"
    words = dict(decoder.options).get(option)
    return f"{decoder.label}, {words}" if words and option else decoder.label


def candidate_filters(topic: str) -> list[str]:
    """Filters that a choice may be remembered for: the topic, the same with one level left open, and the branch it is in.

    A leading ``+`` would take no topic that begins with ``$`` (MQTT 5, 4.7.2), so such a topic gets none there.
    """
    levels = topic.split("/")
    filters = [topic]
    last = len(levels) - 1
    # The level above the last one first: there the devices are of which one is like the other.
    places = [*range(last - 1, -1, -1), last] if last else []
    if topic.startswith("$"):
        places = places[:-2] + places[-1:]
    filters += ["/".join([*levels[:place], "+", *levels[place + 1 :]]) for place in places[:_OPEN_LEVELS]]
    branch = "/".join(levels[:-1]) if last else topic
    filters.append(f"{branch}/#")
    return filters


class _Maker:
    """Adds entries that choose a decoder; gives each menu's entries keys of their own."""

    def __init__(self, choice: str, on_choice: Callable[[str], object]) -> None:
        self._name, self._option = split_choice(choice)
        self._on_choice = on_choice
        self._keys: dict[int, set[str]] = {}

    def add(self, menu: QMenu, text: str, choice: str, icon_text: str = "") -> QAction:
        """An entry; the one in force has a tick."""
        action = menu.addAction(self.keyed(menu, text), lambda: self._on_choice(choice))
        if icon_text:
            action.setIcon(icon(icon_text))
        name, option = split_choice(choice)
        if (name, option) == (self._name, self._option):
            _tick(action)
        return action

    def add_menu(self, menu: QMenu, decoder: Decoder) -> QMenu:
        """A submenu for a decoder with options."""
        sub = menu.addMenu(icon(icon_name(decoder.name)), self.keyed(menu, decoder.label))
        sub.setToolTipsVisible(True)
        if decoder.name == self._name:
            _tick(sub.menuAction())
        return sub

    def add_options(self, menu: QMenu, decoder: Decoder) -> None:
        """An entry for each option; the first one is what is meant without an option."""
        usual = decoder.options[0][0]
        for value, text in decoder.options:
            action = self.add(menu, text, f"{decoder.name}:{value}")
            if value == usual and (self._name, self._option) == (decoder.name, ""):
                _tick(action)

    def add_reason(self, menu: QMenu, decoder: Decoder, reason: str) -> None:
        """An entry that cannot be chosen, and why."""
        text = _tr("{format}: {reason}").format(format=decoder.label, reason=one_line(reason, _SHOWN))
        action = menu.addAction(icon(icon_name(decoder.name)), _escaped(text))
        action.setEnabled(False)

    def keyed(self, menu: QMenu, text: str) -> str:
        """The text with its first letter that no other entry has as its key."""
        used = self._keys.setdefault(id(menu), set())
        for place, letter in enumerate(text):
            if letter.isascii() and letter.isalnum() and letter.lower() not in used:
                used.add(letter.lower())
                return f"{_escaped(text[:place])}&{_escaped(text[place:])}"
        return _escaped(text)


def _tick(action: QAction) -> None:
    """Shows that an entry is in force, or a submenu's entry is."""
    if action.menu() is None:
        action.setCheckable(True)
        action.setChecked(True)
    action.setIcon(icon("check", "accent"))


def _add_protobuf(
    menu: QMenu,
    choice: str,
    on_choice: Callable[[str], object],
    on_schema: Callable[[], object],
    schemas: Sequence[str],
) -> None:
    """Schemas used before, one to choose, and none."""
    known = list(dict.fromkeys([*([choice] if choice.startswith(f"{_PROTOBUF}:") else []), *schemas]))
    for each in known:
        path, _, name = split_choice(each)[1].rpartition(SEPARATOR)
        file = one_line(PurePath(path).name, _SHOWN)
        action = menu.addAction(
            _escaped(_tr("{type} in {file}").format(type=_short(name), file=file)),
            partial(on_choice, each),
        )
        action.setToolTip(plain_tooltip(f"{path}\n{name}", lines=True))
        if each == choice:
            _tick(action)
    if known:
        menu.addSeparator()
    menu.addAction(icon("folder-open"), _tr("&Choose a schema…"), on_schema)
    bare = menu.addAction(_tr("&Without a schema"), lambda: on_choice(_PROTOBUF))
    bare.setToolTip(_tr("Numbered fields; what they mean is a guess."))
    if choice == _PROTOBUF:
        _tick(bare)


def _add_remember(
    made: _Maker,
    menu: QMenu,
    choice: str,
    topic: str,
    remembered: tuple[str, str] | None,
    on_remember: Callable[[str | None], object],
) -> None:
    """For which topics the choice in force is remembered."""
    kept = remembered if remembered is not None and remembered[1] == choice else None
    if kept is not None:
        title = _tr("Remembered for {filter}").format(filter=_short(kept[0]))
    else:
        title = _tr("Remember {format} for").format(format=choice_text(choice))
    sub = menu.addMenu(icon("check", "accent") if kept is not None else icon("pin"), made.keyed(menu, title))
    sub.setToolTipsVisible(True)
    filters = candidate_filters(topic)
    if kept is not None and kept[0] not in filters:
        filters.insert(0, kept[0])
    for each in filters:
        action = sub.addAction(_escaped(_short(each)), partial(on_remember, each))
        action.setToolTip(plain_tooltip(each))
        if kept is not None and each == kept[0]:
            _tick(action)
    if remembered is None:
        return
    sub.addSeparator()
    text = _tr("Forget {format} for {filter}")
    text = text.format(format=choice_text(remembered[1]), filter=_short(remembered[0]))
    forget = sub.addAction(icon("trash"), _escaped(text), lambda: on_remember(None))
    forget.setToolTip(plain_tooltip(remembered[0]))


def _objection(decoder: Decoder, payload: bytes, context: Context) -> str | None:
    try:
        return decoder.objection(payload, context)
    except Exception:  # noqa: BLE001 – then it may be tried, and says itself what is wrong
        return None


def _short(text: str) -> str:
    """On one line, and of a long one both ends: the last levels say what it is."""
    text = one_line(text[: 4 * _SHOWN] + text[-4 * _SHOWN :] if len(text) > 8 * _SHOWN else text, 16 * _SHOWN)
    half = _SHOWN // 2
    return text if len(text) <= _SHOWN else f"{text[:half]}…{text[-half:]}"


def _escaped(text: str) -> str:
    """In a menu an ampersand would become a key."""
    return text.replace("&", "&&")
