# SPDX-License-Identifier: MIT
"""Help on the topic tree and the docks that look at many messages."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def _tr(text: str) -> str:
    return QCoreApplication.translate("Help", text)


def tree() -> list[tuple[str, str]]:
    """The topic tree, and what lies around it."""
    return [
        (
            _tr("Order"),
            _tr(
                "Click a column's head, again to turn it round, a third time for the order of arrival; or use the button in the title bar. "
                "Orders that change by themselves (activity, age, overdue) stand still while you use the mouse or the keys."
            ),
        ),
        (
            _tr("Columns"),
            _tr("Choose them with the columns button, or a right click on a head. Drag their edges."),
        ),
        (
            _tr("Trend"),
            _tr(
                "A line through the last numbers kept of a topic; in a JSON object through its value, or its only number."
            ),
        ),
        (
            _tr("Stale"),
            _tr(
                "Silent for more than three times the usual interval, which is learnt from the topic's last messages. "
                "Time without a connection does not count."
            ),
        ),
        (
            _tr("Favourites"),
            _tr(
                "A right click on a topic or branch puts it above the tree. Alt+Up and Alt+Down move it, Delete takes it away."
            ),
        ),
        (
            _tr("Mute a branch"),
            _tr(
                "Its messages are received and counted as ever, but its rows do not glow and Messages leaves them out. "
                "The menu of the title bar lists what is muted."
            ),
        ),
        (
            _tr("Several rows"),
            _tr(
                "Ctrl or Shift with a click or with arrows selects more of them; Ctrl+C copies their topics, the right click offers the rest."
            ),
        ),
        (
            _tr("Expand all below"),
            _tr("An asterisk, or the right click; Shift+F10 opens the same menu by keyboard."),
        ),
        (_tr("The full tooltip"), _tr("Ctrl+F1 shows the tooltip of the current row.")),
        (
            _tr("Messages"),
            _tr(
                "Everything below the selection, newest first. Scrolling or Pause holds the list and counts what waits; Enter goes to the "
                "topic. Export writes the selection or all that match as NDJSON or CSV."
            ),
        ),
        (
            _tr("Noise"),
            _tr(
                "Messages and bytes per branch since the dock was first opened, or since Reset. Arrows move in the picture, Enter goes into a "
                "branch, Backspace out of it."
            ),
        ),
    ]
