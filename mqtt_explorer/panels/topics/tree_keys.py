# SPDX-License-Identifier: MIT
"""What keys mean in the topic tree, beyond those every tree has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from mqtt_explorer.models.topic_columns import TOPIC

if TYPE_CHECKING:
    from mqtt_explorer.panels.topics.folding_tree import FoldingTree

_KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier
_TYPING: Final = Qt.KeyboardModifier.ShiftModifier | _KEYPAD


def plain_key(event: QKeyEvent) -> int | None:
    """The key, when it is pressed alone."""
    return event.key() if not event.modifiers() & ~_KEYPAD else None


def search_text(event: QKeyEvent) -> str | None:
    """The text a search begins with; None for a key that means something else. "/" begins one with nothing, as it does elsewhere."""
    text = event.text()
    if event.modifiers() & ~_TYPING or not text.isprintable() or not text.strip():
        return None
    if text == "*" or (event.modifiers() & _KEYPAD and text in "+-/"):
        return None  # plus and minus fold, the asterisk unfolds everything below
    return "" if text == "/" else text


def fold_or_go_up(tree: FoldingTree) -> bool:
    """Folds the branch, or goes to the one around it. Qt's own loses its way where indentation fills the column."""
    index = tree.currentIndex().siblingAtColumn(TOPIC)
    if index.isValid() and tree.isExpanded(index) and tree.model().hasChildren(index):
        tree.collapse(index)
    elif index.parent().isValid():
        tree.setCurrentIndex(index.parent())
        tree.scrollTo(index.parent())
    return True


def turn_fold(tree: FoldingTree) -> bool:
    """Unfolds a folded branch and folds an unfolded one; False on a row that is no branch."""
    index = tree.currentIndex().siblingAtColumn(TOPIC)
    if not index.isValid() or not tree.model().hasChildren(index):
        return False
    tree.setExpanded(index, not tree.isExpanded(index))
    return True
