# SPDX-License-Identifier: MIT
"""Help on the Message panel and on snapshots. A section fits on one screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

Lines = list[tuple[str, str]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Help", text)


def message() -> Lines:
    """The panel: what it follows, its tabs and its history."""
    return [
        (
            _tr("Live or held"),
            _tr(
                "It shows the newest message of the topic. Going to an older one, or marking something, holds it there; Live follows again."
            ),
        ),
        (
            _tr("The path"),
            _tr("A click on a level goes to that branch. The chips tell how the message came."),
        ),
        (
            _tr("Tabs (Alt+1 … Alt+5)"),
            _tr(
                "Payload decoded; Diff with another message; Hex, every byte; Raw, the text as it came; Properties of MQTT 5."
            ),
        ),
        (
            _tr("Tree and Pretty"),
            _tr(
                "What has a structure can be folded, or read as indented text. Numbers keep their digits and spelling: 1.50 stays 1.50. "
                "In the tree Right and Left unfold and fold, an asterisk unfolds all below."
            ),
        ),
        (
            _tr("Find (Ctrl+F)"),
            _tr(
                "With the focus in text or bytes it searches there, F3 and Shift+F3 step. Elsewhere Ctrl+F searches topics."
            ),
        ),
        (
            _tr("Large payloads"),
            _tr(
                "The beginning is there at once; a process of its own decodes the rest, with progress and Cancel. Long lines are never wrapped."
            ),
        ),
        (
            _tr("Kept in part"),
            _tr(
                "Of payloads over the limit in the settings the beginning is kept, and a notice says so. Save and copy are exact for what is kept."
            ),
        ),
        (
            _tr("History"),
            _tr(
                "The topic's messages, newest first, and how many the memory budget dropped. A right click saves, copies or compares one."
            ),
        ),
        (
            _tr("All the room (Ctrl+M)"),
            _tr("Hides the panels beside and below the message; again, it brings them back."),
        ),
    ]


def decoders() -> Lines:
    """Which decoder shows a payload."""
    return [
        (
            _tr("Choose (Ctrl+D)"),
            _tr(
                "Or click the chip with the format. The menu lists every decoder; one that cannot show this payload says why."
            ),
        ),
        (
            _tr("Remembered"),
            _tr(
                "A choice is kept for the topic, and with “Remember … for” for a filter such as plant/+/state. The most specific filter "
                "counts; Forget goes back."
            ),
        ),
        (
            _tr("Auto"),
            _tr(
                "Goes by the Sparkplug namespace and the Content Type; else JSON or text where the bytes are just that, else hex. "
                "A binary format is never guessed from bytes alone."
            ),
        ),
        (
            _tr("When it fails"),
            _tr("Below the payload stands why, and what is shown instead."),
        ),
        (
            _tr("JSON that is not strict"),
            _tr(
                "Comments, trailing commas, single quotes, NaN, several values behind one another and the like are read all the same, "
                "and named below."
            ),
        ),
        (
            _tr("Text, Base64, XML"),
            _tr(
                "Text in the encoding you choose; what Base64 stands for; XML without following anything it refers to."
            ),
        ),
        (
            _tr("CBOR, MessagePack"),
            _tr(
                "As JSON where JSON has a word for it. Bytes are h'00ff', tags are {tag(0): …}; keys that come twice stay twice."
            ),
        ),
        (
            _tr("Protobuf"),
            _tr(
                "Choose a .desc, or a .proto with the extra “protoc”, and a message type. Without a schema there are only field numbers."
            ),
        ),
        (
            _tr("Sparkplug B"),
            _tr("Names that messages leave out are taken from the last births received."),
        ),
        (
            _tr("Packed, numbers, images"),
            _tr(
                "gzip, zlib and zstd up to 64 MiB, then decoded like any payload; rows of integers or floats; a preview of images."
            ),
        ),
    ]


def tabs() -> Lines:
    """Diff, Hex and Properties."""
    return [
        (
            _tr("Diff"),
            _tr(
                "The message shown (B) against the one before it (A), also live. By structure where both have one: the order of keys and "
                "the spelling of numbers are no changes. Else by lines or bytes."
            ),
        ),
        (
            _tr("Choose A and B"),
            _tr(
                "In the history: a click, or Up and Down, compares a message with the one before it. Ctrl with a click, or A, chooses an A that stays. ⇄ turns the two round."
            ),
        ),
        (_tr("From change to change"), _tr("N and P in the table, F8 and Shift+F8 everywhere in Diff.")),
        (
            _tr("Hex"),
            _tr(
                "Ctrl+G goes to an offset, Ctrl+F finds text or bytes. Right of the bytes, or behind the ruler, stands what they mean at "
                "the cursor: numbers, times, bits. Long runs of zeros are folded."
            ),
        ),
        (
            _tr("Copy bytes"),
            _tr("The right click offers hex, text, Base64, C and Python, and saving the selected bytes."),
        ),
        (
            _tr("Pictures"),
            _tr("Plus and minus zoom, 1 is the true size, 0 fits it in. Huge ones are told, not decoded."),
        ),
        (
            _tr("Request and response"),
            _tr(
                "By response topic and correlation data, among the messages that are kept. Enter or a click goes there, both ways."
            ),
        ),
        (
            _tr("Message expiry"),
            _tr("Counts down from the arrival; afterwards it says how long ago it expired."),
        ),
    ]


def snapshots() -> Lines:
    """The Snapshots dock."""
    return [
        (
            _tr("Take one (Ctrl+8)"),
            _tr(
                "Keeps every topic, or those of the selected branch, with the last message. Payloads over 64 KiB are kept as their beginning and a hash."
            ),
        ),
        (
            _tr("Compare"),
            _tr(
                "Enter compares a snapshot with now; beside its name you choose another one instead. F5 compares again: the result stands still until then."
            ),
        ),
        (
            _tr("What became of it"),
            _tr(
                "New, gone, changed shape (built in another way), changed value, silent (no message since) and the same. The chips choose what is listed."
            ),
        ),
        (_tr("A topic"), _tr("Enter shows it in the tree, Space what changed, under Diff.")),
        (
            _tr("The list"),
            _tr("F2 renames a snapshot, Delete removes it; a notice offers Undo."),
        ),
        (
            _tr("Files"),
            _tr(
                "Saved snapshots are NDJSON, packed where the name ends in .gz, and can be compared later or elsewhere. They hold payloads, no logins."
            ),
        ),
        (_tr("Export"), _tr("Writes what is listed as CSV or NDJSON.")),
        (
            _tr("How long"),
            _tr(
                "Snapshots stay until their connection is closed. They have a memory limit of their own, which stands under the list."
            ),
        ),
    ]
