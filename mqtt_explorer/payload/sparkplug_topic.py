# SPDX-License-Identifier: MIT
"""Topics of Sparkplug B (Sparkplug 3.0.0, 4.1). Every message is asked whether its topic is one, so nothing else is loaded for that."""

from __future__ import annotations

from typing import Final, NamedTuple

NAMESPACE: Final = "spBv1.0"
_NODE: Final = ("NBIRTH", "NDEATH", "NDATA", "NCMD")
_DEVICE: Final = ("DBIRTH", "DDEATH", "DDATA", "DCMD")


class Place(NamedTuple):
    """A topic taken apart (4.1)."""

    group: str
    kind: str
    node: str
    device: str | None

    def topic(self, kind: str) -> str:
        """The topic of another message type of the same node, or of the same device."""
        topic = f"{NAMESPACE}/{self.group}/{kind}/{self.node}"
        return topic if kind in _NODE or self.device is None else f"{topic}/{self.device}"


def sparkplug_topic(topic: str) -> bool:
    """Whether Sparkplug says that messages of this topic are Sparkplug B payloads; state messages are JSON, or text in older versions."""
    return place_of(topic) is not None


def place_of(topic: str) -> Place | None:
    """A topic of Sparkplug B payloads taken apart (4.1); None for others."""
    if not topic.startswith(f"{NAMESPACE}/"):
        return None
    levels = topic.split("/")
    if len(levels) not in (4, 5) or not all(levels):
        return None
    _, group, kind, node, *device = levels
    if kind not in (_DEVICE if device else _NODE):
        return None
    return Place(group, kind, node, device[0] if device else None)
