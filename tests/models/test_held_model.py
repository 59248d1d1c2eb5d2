# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.held_model import PAYLOAD, QOS, SIZE, STATE, TIME, TOPIC, HeldModel
from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.network.offline import HeldPublishes
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.protocol.requests import PublishRequest


@pytest.fixture
def model(qapp):
    made = HeldModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    tester.deleteLater()


def topics(model):
    return [model.index(row, TOPIC).data() for row in range(model.rowCount())]


@pytest.mark.parametrize("seed", range(3))
def test_it_follows_what_comes_and_goes(model, seed):
    rng = random.Random(seed)
    held = HeldPublishes()
    held.changed.connect(lambda: model.show_held(held))
    for number in range(100):
        if rng.random() < 0.6 or not held.items:
            held.hold(PublishRequest(f"t/{number}", b""))
        else:
            held.discard([rng.choice(held.items).number])
        assert topics(model) == [item.request.topic for item in held.items]
    model.show_held(None)
    assert model.rowCount() == 0


def test_cells(model):
    held = HeldPublishes()
    held.hold(PublishRequest("plant/<b>valve</b>", b"x" * 2_048, 1, True))
    held.hold(PublishRequest("plain", b""))
    model.show_held(held)
    assert len(model.index(0, TIME).data()) == len("14:02:11")
    assert model.index(0, TIME).data(Qt.ItemDataRole.ToolTipRole).count("-") == 2, "with its day"
    assert model.index(0, PAYLOAD).data().startswith("xxxx")
    assert len(model.index(0, PAYLOAD).data()) < 200
    assert model.index(1, TOPIC).data(Qt.ItemDataRole.ToolTipRole) == "plain\nEmpty payload"
    assert model.index(0, TOPIC).data() == "plant/<b>valve</b>"
    assert model.index(0, QOS).data() == "1 · retain"
    assert model.index(1, QOS).data() == "0"
    assert model.index(0, SIZE).data() == "2 KiB"
    assert model.index(0, STATE).data() == "held"
    assert model.index(0, STATE).data(KIND_ROLE) == "muted"
    assert model.item(0) is held.items[0]
    assert model.item(2) is None
    assert model.item(-1) is None


async def test_a_send_shows_its_way_and_its_failure_without_moving_rows(model):
    held, resets, answer = HeldPublishes(), [], asyncio.get_running_loop().create_future()
    held.hold(PublishRequest("a", b"", 1))
    held.hold(PublishRequest("b", b"", 1))
    held.changed.connect(lambda: model.show_held(held))
    model.show_held(held)
    model.modelReset.connect(lambda: resets.append(1))

    async def publish(_request):
        return await answer

    sending = asyncio.ensure_future(held.send(publish))
    await asyncio.sleep(0)
    assert [model.index(row, STATE).data() for row in (0, 1)] == ["on its way"] * 2
    answer.set_exception(RequestLost("Not sent", "The broker did not answer."))
    await sending
    assert topics(model) == ["a", "b"]
    assert model.index(0, STATE).data() == "The broker did not answer."
    assert model.index(0, STATE).data(KIND_ROLE) == "error"
    assert not resets, "a reset would drop the user's selection"
