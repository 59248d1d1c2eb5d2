# SPDX-License-Identifier: MIT
import struct

from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.profiles.decoder_choices import DecoderChoices

FRAME = (0, b"plant/3/raw", b"", struct.pack("<f", 21.5), 4)


def test_a_decoder_somebody_chose_makes_the_preview_until_it_is_forgotten():
    decoders, cache = DecoderChoices(), PreviewCache()
    cache.clear(decoders)
    as_bytes = cache.get(1, FRAME)
    assert as_bytes == ("0x0000ac41 (4 bytes)", "muted")
    decoders.set("plant/+/raw", "numbers:float32:le")
    assert "21.5" in cache.get(1, FRAME)[0]
    decoders.set("plant/+/raw", None)
    assert cache.get(1, FRAME) == as_bytes


def test_another_store_has_decoders_of_its_own():
    decoders, cache = DecoderChoices([("#", "numbers:float32:le")]), PreviewCache()
    cache.clear(decoders)
    assert "21.5" in cache.get(1, FRAME)[0]
    cache.clear()
    assert cache.get(1, FRAME)[0] == "0x0000ac41 (4 bytes)"
