# SPDX-License-Identifier: MIT
from mqtt_explorer.events import Event


def test_tells_observers_in_order_with_all_arguments():
    event: Event[int, str] = Event()
    told = []
    event.connect(lambda number, text: told.append(("first", number, text)))
    event.connect(lambda number, text: told.append(("second", number, text)))
    event.emit(1, "a")
    assert told == [("first", 1, "a"), ("second", 1, "a")]


def test_disconnected_observer_hears_nothing_and_disconnecting_twice_is_harmless():
    event: Event[int] = Event()
    told = []
    disconnect = event.connect(told.append)
    event.emit(1)
    disconnect()
    disconnect()
    event.emit(2)
    assert told == [1]


def test_a_failing_observer_is_logged_and_does_not_stop_the_others(caplog, expect_log):
    expect_log("observer of an event failed")
    event: Event[int] = Event()
    told = []

    def broken(_value):
        raise ValueError("broken panel")

    event.connect(broken)
    event.connect(told.append)
    event.emit(3)
    assert told == [3]
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "broken panel" in str(record.exc_info[1])


def test_connecting_and_disconnecting_during_emit_counts_from_the_next_one():
    event: Event[int] = Event()
    told = []

    def once(value):
        told.append(("once", value))
        disconnect()
        event.connect(lambda late: told.append(("late", late)))

    disconnect = event.connect(once)
    event.connect(lambda value: told.append(("stays", value)))
    event.emit(1)
    assert told == [("once", 1), ("stays", 1)]
    event.emit(2)
    assert told[2:] == [("stays", 2), ("late", 2)]


def test_the_same_observer_may_connect_twice():
    event: Event[int] = Event()
    told = []
    first = event.connect(told.append)
    event.connect(told.append)
    event.emit(1)
    first()
    event.emit(2)
    assert told == [1, 1, 2]
