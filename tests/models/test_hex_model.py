# SPDX-License-Identifier: MIT
from __future__ import annotations

from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.hex_model import ASCII, BYTES, OFFSET, HexModel
from mqtt_explorer.models.roles import KIND_ROLE


def test_every_byte_is_in_a_row(qapp):
    model = HexModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    payload = bytes(range(256)) + b"end"
    model.set_payload(payload)
    for width in (16, 8, 32):
        model.set_width(width)
        rows = range(model.rowCount())
        assert b"".join(bytes.fromhex(model.index(row, BYTES).data()) for row in rows) == payload
        assert model.index(2, OFFSET).data() == f"{2 * width:08x}"
    last = model.rowCount() - 1
    assert model.index(last, ASCII).data() == "end"
    assert model.index(last, ASCII).data(KIND_ROLE) == "string"
    model.set_payload(b"")
    assert model.rowCount() == 0
    tester.deleteLater()
