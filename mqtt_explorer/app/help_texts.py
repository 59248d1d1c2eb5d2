# SPDX-License-Identifier: MIT
"""What the help (F1) says of the first steps, of keys and of MQTT's words; `help_connecting` has the rest. A section fits on one screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

Lines = list[tuple[str, str]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("HelpDialog", text)


def steps() -> Lines:
    """How to begin."""
    return [
        (
            _tr("Connect"),
            _tr(
                "Type the broker's address, such as mqtt://localhost or wss://host/mqtt, and press Enter. "
                "The demo needs no broker."
            ),
        ),
        (
            _tr("Save a broker"),
            _tr("Ctrl+N makes one that keeps address, login and options for the next time."),
        ),
        (
            _tr("Browse"),
            _tr("A click in Topics selects and shows the message; the arrow beside a topic unfolds it."),
        ),
        (
            _tr("Subscribe"),
            _tr(
                "Only what a subscription matches arrives. Unless you choose otherwise, a new connection asks for #, every topic."
            ),
        ),
        (
            _tr("Publish"),
            _tr(
                "Write topic and payload under Publish and press Ctrl+Enter. Each connection keeps its own draft."
            ),
        ),
        (
            _tr("When something is missing"),
            _tr(
                "Look at Log and at the status bar: what was refused, dropped, cut or malformed stands there."
            ),
        ),
    ]


def view_keys() -> Lines:
    """Keys of the views, which belong to no action."""
    return [
        (_tr("Right, Left"), _tr("Unfold and fold a branch; again, go to the first child or the parent")),
        (_tr("Home"), _tr("First row")),
        (
            _tr("End"),
            _tr(
                "Last row; in Topics that of the branch you are in, at most its 100,000th, then that of the branch around it"
            ),
        ),
        (_tr("Page Up, Page Down"), _tr("A page of rows")),
        (_tr("Tab, Shift+Tab"), _tr("Next and previous field or panel part")),
        (
            _tr("Ctrl+Enter"),
            _tr("Publish, from anywhere in the Publish panel; connect, from anywhere in a broker's form"),
        ),
        (
            _tr("Delete"),
            _tr(
                "Unsubscribe the selected filters, delete a saved broker or a snapshot; a notice offers Undo"
            ),
        ),
        (
            _tr("F2"),
            _tr(
                "Edit a saved broker on the start page; rename it in the list beside the form, or a snapshot in its list"
            ),
        ),
        (_tr("Alt+Up, Alt+Down"), _tr("Move a saved broker or folder in its list")),
        (
            _tr("Ctrl+C"),
            _tr(
                "Copy: in Topics the full topics, in the message what is marked, in Messages the rows, in Subscriptions the selected filters, "
                "in Log the selected entries"
            ),
        ),
        (_tr("Ctrl+V in Subscriptions"), _tr("Subscribe to the filters on the clipboard, one a line")),
        (
            _tr("Esc"),
            _tr(
                "Close a dialog or a menu; clear a search, then leave it; in Subscriptions empty the filter; stop connecting on the start page; leave a broker's form"
            ),
        ),
    ]


def search() -> Lines:
    """How to find topics and commands."""
    return [
        (
            _tr("Begin"),
            _tr(
                "Press Ctrl+F, or just type while Topics has the focus. Hits keep their branches, stay live, and clearing the search "
                "brings the tree back as it was."
            ),
        ),
        (
            _tr("Text"),
            _tr(
                'A part of a topic, of the last payload, or of a property: temp finds overtemp and {"temp": 1}.'
            ),
        ),
        (_tr("Match case (Alt+C)"), _tr("Tells TEMP and temp apart.")),
        (
            _tr("Whole level (Alt+W)"),
            _tr("temp finds plant/temp/1, but not plant/temperature; in payloads whole words."),
        ),
        (
            _tr("Regular expression (Alt+R)"),
            _tr(
                "RE2 syntax: barrel-[12]_temp$ finds the two topics that end so. Always quick; no back references."
            ),
        ),
        (
            _tr("MQTT filter (Alt+M)"),
            _tr(
                "plant/+/temp and plant/# as in a subscription, for topics alone. A leading + or # finds no $SYS topics."
            ),
        ),
        (
            _tr("Where and which"),
            _tr(
                "The chips under the title of Topics: look into topic, payload, property; only what is retained, has changed since a "
                "moment, or is stale."
            ),
        ),
        (
            _tr("From hit to hit"),
            _tr(
                "Enter or F3 goes to the next, Shift with it to the previous; Down goes to the tree; Esc clears, and then leaves."
            ),
        ),
        (
            _tr("When it is not understood"),
            _tr("The reason stands under the search, and the last good result stays meanwhile."),
        ),
        (
            _tr("Commands (Ctrl+K)"),
            _tr(
                "Lists every command with its keys, the last topics, settings and brokers. A few letters will do: dl finds dark and light. "
                "Begin with > for commands alone, with / for topics."
            ),
        ),
    ]


def words() -> Lines:
    """MQTT's own words."""
    return [
        (
            _tr("Topic"),
            _tr("The address of a message, in levels: plant/line-3/oven. Case matters, so do slashes."),
        ),
        (_tr("Filter"), _tr("What a subscription asks for: a topic, or a pattern with wildcards.")),
        (_tr("Wildcard +"), _tr("Stands for exactly one level: plant/+/oven.")),
        (_tr("Wildcard #"), _tr("Stands for all levels from here on, and must come last: plant/#.")),
        (
            _tr("$ topics"),
            _tr("Topics that begin with $, such as $SYS, are not matched by a leading + or #."),
        ),
        (_tr("QoS 0"), _tr("At most once: sent and forgotten, may be lost.")),
        (_tr("QoS 1"), _tr("At least once: acknowledged (PUBACK), may arrive twice.")),
        (_tr("QoS 2"), _tr("Exactly once, with four packets for each message.")),
        (
            _tr("Granted QoS"),
            _tr("The most a broker delivers to a subscription; it may be lower than what was asked for."),
        ),
        (
            _tr("Retain"),
            _tr(
                "The broker keeps the last retained message of a topic for later subscribers; an empty one clears it."
            ),
        ),
        (
            _tr("$share/group/filter"),
            _tr("A shared subscription: each message goes to one member of the group, not to all."),
        ),
        (_tr("Will"), _tr("A message the broker publishes for a client that disappears without a word.")),
        (
            _tr("Session"),
            _tr("What a broker remembers of a client while it is away: subscriptions and waiting messages."),
        ),
        (_tr("Keep-alive"), _tr("The longest silence before both sides take the connection for dead.")),
        (
            _tr("Reason code"),
            _tr("MQTT 5: a number that says why the broker refused; 0x80 and above are refusals."),
        ),
    ]
