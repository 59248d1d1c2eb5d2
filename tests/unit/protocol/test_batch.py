# SPDX-License-Identifier: MIT
from mqtt_explorer.protocol.batch import DUP, QOS_MASK, RETAIN, Batch, Malformed


def test_the_flag_masks_are_those_of_the_fixed_header():
    assert (DUP, QOS_MASK, RETAIN) == (0b1000, 0b0110, 0b0001)
    assert DUP | QOS_MASK | RETAIN == 0x0F
    assert DUP & QOS_MASK == QOS_MASK & RETAIN == DUP & RETAIN == 0


def test_batches_do_not_share_their_list_of_malformed_packets():
    one, two = Batch(1, 2, []), Batch(3, 4, [])
    one.malformed.append(Malformed(b"\x30\x00", "Empty.", 0, 2))
    assert two.malformed == []
    assert (two.wire_bytes, two.truncated) == (0, 0)
