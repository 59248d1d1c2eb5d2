# SPDX-License-Identifier: MIT
"""The log is bounded and says what fell out."""

from __future__ import annotations

from mqtt_explorer.store.log_book import LogBook, LogKind


def test_entries_are_numbered_kept_in_order_and_told():
    book, told = LogBook(), []
    book.appended.connect(told.append)
    book.add(5, LogKind.STATE, "Connected", "All is well.")
    book.add(6, LogKind.MALFORMED, "Malformed message", "Bad topic.", b"\x30\0")
    first, second = book.entries
    assert (first.number, first.wall_ns, first.kind, first.title, first.text, first.raw) == (
        0, 5, LogKind.STATE, "Connected", "All is well.", None,
    )  # fmt: skip
    assert (second.number, second.raw) == (1, b"\x30\0")
    assert told == [first, second]
    assert (book.total, book.dropped) == (2, 0)


def test_the_oldest_fall_out_and_are_counted():
    book = LogBook(kept=10)
    for number in range(25):
        book.add(number, LogKind.STATE, "t", "x")
    assert [entry.number for entry in book.entries] == list(range(15, 25))
    assert (book.total, book.dropped) == (25, 15)


def test_as_shipped_it_holds_two_thousand():
    book = LogBook()
    for number in range(2_001):
        book.add(number, LogKind.STATE, "t", "x")
    assert (len(book.entries), book.dropped) == (2_000, 1)


def test_a_flood_of_malformed_packets_is_held_to_a_bound_in_bytes():
    book = LogBook()
    for number in range(2_000):
        book.add(number, LogKind.MALFORMED, "t", "x", bytes(65_536))
    held = sum(len(entry.raw or b"") for entry in book.entries)
    assert held <= 16 * 1024 * 1024
    assert book.total == 2_000
    assert book.dropped == 2_000 - len(book.entries)


def test_many_are_written_with_one_event_and_only_those_that_stay_are_made():
    book, told = LogBook(kept=10), []
    book.appended.connect(told.append)
    book.add_many(7, LogKind.MALFORMED, "Malformed", [(str(number), b"x") for number in range(25)])
    book.add_many(7, LogKind.MALFORMED, "Malformed", [])
    assert [entry.text for entry in book.entries] == [str(number) for number in range(15, 25)]
    assert [entry.number for entry in book.entries] == list(range(15, 25))
    assert (book.total, book.dropped) == (25, 15)
    assert told == [book.entries[-1]]
