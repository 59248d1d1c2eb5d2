# SPDX-License-Identifier: MIT
"""The truth: topic tree, last values, bounded history, one memory budget."""

from __future__ import annotations

from mqtt_explorer.store.budget import Budget, default_limit
from mqtt_explorer.store.changes import Changes
from mqtt_explorer.store.topic_store import StoreCounters, TopicStore
from mqtt_explorer.store.topic_tree import Node, Stamp

__all__ = ["Budget", "Changes", "Node", "Stamp", "StoreCounters", "TopicStore", "default_limit"]
