# SPDX-License-Identifier: MIT
"""The panels of the workbench, and what each asks of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from mqtt_explorer.panels.log import LogPanel
from mqtt_explorer.panels.message import MessagePanel
from mqtt_explorer.panels.messages import MessagesPanel
from mqtt_explorer.panels.noise import NoisePanel
from mqtt_explorer.panels.publish import PublishPanel
from mqtt_explorer.panels.snapshots import SnapshotsPanel
from mqtt_explorer.panels.subscriptions import SubscriptionsPanel
from mqtt_explorer.panels.topics import TopicsPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.protocol.message import Message


class PanelSet:
    """Makes the panels and joins them: a topic chosen in one is shown by the others.

    Attributes:
        by_name: In the order of walking with F6.
    """

    def __init__(self, clock: FrameClock) -> None:
        self.topics = TopicsPanel(clock)
        self.message = MessagePanel(clock)
        self.publish = PublishPanel()
        self.subscriptions = SubscriptionsPanel()
        self.log = LogPanel(clock)
        self.messages = MessagesPanel(clock)
        self.noise = NoisePanel(clock)
        self.snapshots = SnapshotsPanel(clock)
        self.by_name: dict[str, QWidget] = {
            "topics": self.topics,
            "message": self.message,
            "publish": self.publish,
            "subscriptions": self.subscriptions,
            "log": self.log,
            "messages": self.messages,
            "noise": self.noise,
            "snapshots": self.snapshots,
        }

    def wire(self, show: Callable[[str], None]) -> None:
        """Joins the panels.

        Args:
            show: Brings a panel, by its name, to the front and gives it the focus.
        """
        topics = self.topics
        topics.topic_selected.connect(self.message.show_topic)
        topics.topic_selected.connect(self.messages.set_branch)
        topics.topic_selected.connect(self.snapshots.set_branch)
        for panel in (self.message, self.messages, self.noise, self.snapshots):
            panel.topic_selected.connect(topics.select_topic)

        def publish_here(topic: bytes) -> None:
            self.publish.set_topic(topic.decode())
            show("publish")

        def subscribe_here(filter_text: str) -> None:
            show("subscriptions")
            self.subscriptions.subscribe_to(filter_text)

        def show_messages(topic: bytes) -> None:
            self.messages.show_branch(topic)
            show("messages")

        def show_difference(old: Message, new: Message) -> None:
            show("message")
            self.message.show_message(new)
            self.message.compare(old, new)

        self.snapshots.compare_wanted.connect(show_difference)
        topics.publish_requested.connect(publish_here)
        topics.subscribe_requested.connect(subscribe_here)
        topics.messages_requested.connect(show_messages)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection in all panels; the message first: the tree tells it the topic selected before."""
        for panel in (
            self.message,
            self.messages,
            self.snapshots,
            self.topics,
            self.publish,
            self.subscriptions,
            self.noise,
            self.log,
        ):
            panel.set_connection(connection)

    def set_paused(self, paused: bool) -> None:
        """Freezes what is shown, or lets it go on; everything is received meanwhile."""
        for panel in (self.topics, self.message, self.messages, self.noise):
            panel.set_paused(paused)
