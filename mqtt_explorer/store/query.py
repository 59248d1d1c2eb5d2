# SPDX-License-Identifier: MIT
"""What a user looks for: one frozen value, made by the search bar and read by everything that filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mqtt_explorer.errors import MqttExplorerError

#: Longer search texts are refused: nobody types them, and a paste of a megabyte is a mistake.
MAX_CHARACTERS = 1_000


class QueryMode(StrEnum):
    """How the text is read."""

    TEXT = "text"  # a part of a topic or payload
    REGEX = "regex"  # RE2 syntax: linear time, no back references
    FILTER = "filter"  # an MQTT topic filter with + and #


class QueryError(MqttExplorerError):
    """A text that cannot be searched for. `message` is the sentence under the bar."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. A topic is a hit when the text is found in one of the scopes and all state conditions hold.

    Attributes:
        text: What was typed; "" asks for no text, so that only the state conditions count.
        mode: How `text` is read. A topic filter looks at topics alone, whatever the scopes say.
        case: Upper and lower case differ. Does not apply to a topic filter: MQTT topics always differ by case.
        whole_level: The text has to be a whole level of a topic; in payloads and properties a whole word. TEXT only.
        topic: Look into topics.
        payload: Look into the payload of the last message (in lists of messages: of each).
        properties: Look into its MQTT 5 properties, names and values.
        retained: Only topics with a retained message (in lists of messages: those with the RETAIN flag).
        changed_since_ns: Only what had a message since then, on the monotonic clock; None for any.
        stale: Only topics that are silent for much longer than usual. Does not apply to lists of messages.
    """

    text: str = ""
    mode: QueryMode = QueryMode.TEXT
    case: bool = False
    whole_level: bool = False
    topic: bool = True
    payload: bool = True
    properties: bool = False
    retained: bool = False
    changed_since_ns: int | None = None
    stale: bool = False

    @property
    def is_empty(self) -> bool:
        """True when it lets everything through."""
        return not (self.text or self.retained or self.stale or self.changed_since_ns is not None)

    def without_text(self) -> Query:
        """The state conditions alone."""
        return replace(self, text="")
