# SPDX-License-Identifier: MIT
"""What can be copied of a row of a JSON tree, and the context menu that offers it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models import wording
from mqtt_explorer.models.json_tree_texts import dotted, pointer, string_text
from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.models.json_tree_model import JsonTreeModel

LARGEST: Final = 16 << 20
"""Bytes that are put on the clipboard at most: more holds up every program that looks at it."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("JsonTree", text)


def copy_value(model: JsonTreeModel, row: int, *, as_text: bool = False) -> str:
    """Copies a value as it was sent, number spelling and blanks included; `as_text` takes quotes and escapes away. Returns how it went."""
    raw = model.raw_value(row)
    if raw is None:
        return ""
    if len(raw) > LARGEST:
        return _tr("Nothing was copied: {size} are too much for the clipboard. Save the payload.").format(
            size=wording.size(len(raw))
        )
    text = string_text(raw) if as_text else raw.decode("utf-8", "replace")
    return _copy(text, _tr("Copied the text, {size}.") if as_text else _tr("Copied the value, {size}."))


def copy_key(model: JsonTreeModel, row: int) -> str:
    """Copies the key, without quotes and escapes."""
    return _copy(model.key(row), _tr("Copied the key, {size}."))


def copy_path(model: JsonTreeModel, row: int, *, as_jq: bool = False) -> str:
    """Copies the path to a row: a JSON Pointer (RFC 6901), or the way jq writes it."""
    path = model.path(row)
    if path is None:
        return _tr("Nothing was copied: the path has {n} levels.").format(n=f"{model.level(row) + 1:,}")
    return _copy(dotted(path) if as_jq else pointer(path), _tr("Copied the path, {size}."))


def _copy(text: str, sentence: str) -> str:
    QGuiApplication.clipboard().setText(text)
    return sentence.format(size=wording.size(len(text.encode("utf-8", "replace"))))


def build_menu(
    model: JsonTreeModel,
    row: int,
    parent: QWidget,
    *,
    say: Callable[[str], object],
    unfold_all: Callable[[int], object],
) -> QMenu:
    """The menu of a row: only what can be done with it. The caller pops it up."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    state = model.fold_state(row)
    key = QKeySequence(QKeySequence.StandardKey.Copy).toString(QKeySequence.SequenceFormat.NativeText)

    def add(title: str, act: Callable[[], str], keys: str = "") -> None:
        menu.addAction(icon("copy"), f"{title}\t{keys}" if keys else title, lambda: say(act()))

    add(_tr("Copy value") if state is None else _tr("Copy all of it"), partial(copy_value, model, row), key)
    if model.is_string(row):
        add(_tr("Copy as text"), partial(copy_value, model, row, as_text=True))
    if model.key(row):
        add(_tr("Copy key"), partial(copy_key, model, row))
    add(_tr("Copy path (JSON Pointer)"), partial(copy_path, model, row))
    add(_tr("Copy path (jq)"), partial(copy_path, model, row, as_jq=True))
    if state is not None:
        menu.addSeparator()
        title = _tr("Fold") if state else _tr("Unfold")
        turn = model.fold if state else model.unfold
        menu.addAction(
            icon("collapse" if state else "expand"), title + "\t" + _tr("Enter"), partial(turn, row)
        )
        menu.addAction(icon("expand"), _tr("Unfold all below") + "\t*", partial(unfold_all, row))
    return menu
