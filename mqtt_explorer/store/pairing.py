# SPDX-License-Identifier: MIT
"""Which messages answer which: requests and responses by response topic and correlation data (MQTT 5, 4.10).

A response comes on the topic that its request named, with the same correlation data. So responses are looked for among the messages of
one topic; requests, which may come on any, among all that came before, newest first. Both in slices, and only in what is kept.
"""

from __future__ import annotations

from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Final

from mqtt_explorer.protocol.properties import Properties, PropertyError, decode_properties

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_store import TopicStore

#: How long one call of `step` may work.
SLICE_S: Final = 0.004

#: Responses of one request that are listed, the oldest ones; the others are counted.
LISTED: Final = 20

#: Messages between two looks at the clock.
_PAGE: Final = 256
_CHUNK: Final = 128

#: Without correlation data anything may be a response, so its request is looked for among so many messages before it.
_NEAR: Final = 20_000

_RESPONSE_TOPIC: Final = b"\x08"
_CORRELATION_DATA: Final = b"\x09"


def properties_of(raw: bytes) -> Properties | None:
    """The properties of a block; None when it is malformed."""
    try:
        return decode_properties(raw)
    except PropertyError:
        return None


class Responses:
    """The responses to a request: the messages on its response topic after it with its correlation data, or without any where it has none.

    Attributes:
        topic: The response topic.
        correlation: The correlation data; None without.
        count: Responses found so far.
        first: The oldest of them, at most `LISTED`, oldest first.
        lost: True when messages that came since the request are not kept any more.
    """

    def __init__(self, store: TopicStore, request: Message, topic: bytes, correlation: bytes | None) -> None:
        self.topic = topic
        self.correlation = correlation
        self.count = 0
        self.first: list[Message] = []
        self._store = store
        self._request = request
        self._needle = _needle(_CORRELATION_DATA, correlation)
        self._known = request.seq  # everything up to this number was looked at
        self._before: int | None = None  # where a look from the newest message downwards has come to
        self._top = request.seq
        self._found: deque[Message] = deque(maxlen=LISTED)
        self._found_count = 0

    @property
    def lost(self) -> bool:
        """See the class."""
        node = self._store.find(self.topic)
        return self._store.first_seq > self._request.seq + 1 and node is not None and node.evicted_count > 0

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Looks at more messages; True when all that came so far were looked at. Later calls look at what came since."""
        node = self._store.find(self.topic)
        if node is None or (self._before is None and node.seq <= self._known):
            return True
        if self._before is None:
            self._top = node.seq
            self._before = node.seq + 1
        deadline = perf_counter() + slice_s
        while self._page():
            if perf_counter() >= deadline:
                return False
        self._known, self._before = self._top, None
        self.count += self._found_count
        if len(self.first) < LISTED:
            self.first += list(self._found)[: LISTED - len(self.first)]
        self._found_count = 0
        self._found = deque(maxlen=LISTED)
        return True

    def _page(self) -> bool:
        """Looks at a page of older messages; False when it has come to what is known."""
        node = self._store.find(self.topic)
        if node is None or self._before is None:
            return False
        page = self._store.history(node, before_seq=self._before, limit=_PAGE)
        for message in page:
            if message.seq <= self._known:
                return False
            if self._answers(message):
                self._found.appendleft(message)
                self._found_count += 1
        if len(page) < _PAGE:
            return False
        self._before = page[-1].seq
        return True

    def _answers(self, message: Message) -> bool:
        block = message.frame[2]
        if self._needle is None:
            if not block:
                return True
        elif self._needle not in block:
            return False
        found = properties_of(block)
        return found is not None and found.get("correlation_data") == self.correlation


class Request:
    """The request that a message answers: the newest message before it that names its topic, with the same correlation data.

    Attributes:
        found: The request, once it is found.
        lost: True when older messages are not kept any more, so that it may have been among them.
    """

    def __init__(self, store: TopicStore, response: Message, correlation: bytes | None) -> None:
        self.found: Message | None = None
        self.correlation = correlation
        self._store = store
        self._topic = response.frame[1]
        self._named = _needle(_RESPONSE_TOPIC, self._topic) or b""
        self._needle = _needle(_CORRELATION_DATA, correlation)
        self._before = response.seq
        self._floor = max(0, response.seq - _NEAR) if correlation is None else 0

    @property
    def lost(self) -> bool:
        """See the class."""
        return self.found is None and self._store.first_seq > self._floor

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Looks at older messages; True when it is found or there are no more."""
        deadline = perf_counter() + slice_s
        while self.found is None and self._chunk(deadline):
            if perf_counter() >= deadline:
                return False
        return True

    def _chunk(self, deadline: float) -> bool:
        """Looks at the next older messages of one segment, not all of them past the deadline; False when there are none."""
        segment = self._store.segment(self._before - 1)
        if segment is None or self._before <= self._floor:
            return False
        base = segment.first_seq
        stop = self._before - base
        first = max(0, stop - _CHUNK, self._floor - base)
        named, frames = self._named, segment.frames
        for at in [at for at in range(stop - 1, first - 1, -1) if named in frames[at][2]]:
            if self._asks(frames[at][2]):
                self.found = self._store.message(base + at)
                return False
            if perf_counter() >= deadline:
                self._before = base + at
                return True
        self._before = base + first
        return True

    def _asks(self, block: bytes) -> bool:
        if self._needle is not None and self._needle not in block:
            return False
        found = properties_of(block)
        return (
            found is not None
            and found.get("response_topic") == self._topic.decode("utf-8", "replace")
            and found.get("correlation_data") == self.correlation
        )


class Pairing:
    """Both ways for one message.

    Attributes:
        responses: For a message with a response topic; else None.
        request: For a message that may be a response; else None.
    """

    def __init__(self, store: TopicStore, message: Message) -> None:
        self.responses: Responses | None = None
        self.request: Request | None = None
        self._request_done = False
        properties = properties_of(message.frame[2])
        if properties is None or message.evicted:
            return
        data = properties.get("correlation_data")
        correlation = data if isinstance(data, bytes) else None
        topic = properties.text("response_topic")
        if topic:
            self.responses = Responses(store, message, topic.encode(), correlation)
        self.request = Request(store, message, correlation)

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Looks further, about so long; True when everything there is was looked at. Responses that come later are found by later calls."""
        deadline = perf_counter() + slice_s
        if self.responses is not None and not self.responses.step(slice_s):
            return False
        if self.request is not None and not self._request_done:
            self._request_done = self.request.step(max(0.0005, deadline - perf_counter()))
            return self._request_done
        return True


def _needle(identifier: bytes, value: bytes | None) -> bytes | None:
    """What the block of a message with that property holds somewhere: a quick look before it is decoded."""
    return None if value is None else identifier + len(value).to_bytes(2, "big") + value
