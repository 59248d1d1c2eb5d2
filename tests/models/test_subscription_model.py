# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.roles import KIND_ROLE, RAW_ROLE
from mqtt_explorer.models.subscription_model import FILTER, QOS, STATE, SubscriptionModel
from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow, SubscriptionTable
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Grant, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl


@pytest.fixture
async def table():
    url, _, _ = BrokerUrl.parse("mqtt://127.0.0.1:1")
    client = MqttClient(ConnectOptions(url), on_batch=lambda batch: None)
    return SubscriptionTable(client, [Subscription(TopicFilter("a/#"), qos=2)])


def answer(table, number, code):
    row = table.rows[number]
    row.grant = Grant(row.filter_text, ReasonCode(code, "SUBACK"))
    row.state = RowState.REFUSED if row.grant.refused else RowState.GRANTED
    table.changed.emit(row)


async def test_rows_come_change_and_go(qapp, table):
    model = SubscriptionModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_table(table)

    def filters():
        return [model.index(row, FILTER).data() for row in range(model.rowCount())]

    assert filters() == ["a/#"]
    await table.add(Subscription(TopicFilter("b")))
    await table.add(Subscription(TopicFilter("c")))
    assert filters() == ["a/#", "b", "c"]
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append((first.row(), last.row())))
    answer(table, 1, 0)
    assert changed == [(1, 1)]
    await table.remove("b")
    assert filters() == ["a/#", "c"]
    model.set_table(None)
    assert model.rowCount() == 0
    await table.add(Subscription(TopicFilter("unseen")))
    assert model.rowCount() == 0
    tester.deleteLater()


@pytest.mark.parametrize(
    ("code", "qos", "kinds"),
    [(2, "2", ("text", "ok")), (1, "2 → 1", ("warn", "warn")), (0x87, "2 → –", ("warn", "error"))],
)
async def test_granted_stands_beside_requested(qapp, table, code, qos, kinds):
    model = SubscriptionModel()
    model.set_table(table)
    assert model.index(0, QOS).data() == "2"
    answer(table, 0, code)
    assert model.index(0, QOS).data() == qos
    assert model.index(0, STATE).data() == table.rows[0].sentence
    assert (model.index(0, QOS).data(KIND_ROLE), model.index(0, STATE).data(KIND_ROLE)) == kinds
    assert model.index(0, FILTER).data(RAW_ROLE) is table.rows[0]
    model.set_table(None)


async def test_a_change_costs_the_same_however_many_rows_there_are(qapp, table):
    class Counted(list):
        walked = 0

        def __iter__(self):
            Counted.walked += 1
            return super().__iter__()

    for number in range(50):
        await table.add(Subscription(TopicFilter(f"t/{number}")))
    table.rows = Counted(table.rows)
    model = SubscriptionModel()
    model.set_table(table)
    Counted.walked = 0
    table.rows.append(SubscriptionRow(Subscription(TopicFilter("new"))))
    table.changed.emit(None)
    answer(table, 50, 0)
    assert model.rowCount() == 52
    assert Counted.walked == 0
    model.set_table(None)
