# SPDX-License-Identifier: MIT
"""Values on their way between the window's process and the decoding process, without holding the interpreter lock for long.

Pickling 64 MB copies them with the lock held: the window stands still. So large bytes and arrays travel beside the pickle, in pieces:
each piece is written, read or copied in a fraction of a millisecond, and the lock is free during the transfer itself.
"""

from __future__ import annotations

import io
import pickle
from array import array
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Larger ones travel beside the pickle.
_LARGE: Final = 64 * 1024
#: Bytes written or read at once.
_PIECE: Final = 256 * 1024


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


class _Pickler(pickle.Pickler):
    """Puts large bytes and arrays aside; the same one twice is sent once."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        # A read-only mapping (`Context.related`) cannot be pickled by itself.
        self.dispatch_table = {MappingProxyType: lambda value: (_read_only, (dict(value),))}
        self.aside: list[bytes | bytearray | array[Any]] = []
        self._places: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:
        """The place among those put aside, None for all others."""
        kind = type(obj)
        if kind is array:
            size = len(obj) * obj.itemsize
        elif kind is bytes or kind is bytearray:
            size = len(obj)
        else:
            return None
        if size < _LARGE:
            return None
        place = self._places.get(id(obj))
        if place is None:
            place = self._places[id(obj)] = len(self.aside)
            self.aside.append(obj)
        return place


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, aside: list[Any]) -> None:
        super().__init__(file)
        self._aside = aside

    def persistent_load(self, pid: Any) -> Any:
        """What was put aside."""
        return self._aside[pid]


class Parcel:
    """A value, packed and not yet sent.

    Raises:
        Exception: It cannot be pickled, whatever its parts raise then.
    """

    def __init__(self, value: object) -> None:
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(value)
        self._parts = [file.getvalue(), *pickler.aside]

    def send(self, connection: Connection) -> None:
        """Sends it; blocks until the other side has taken it.

        Raises:
            OSError: The other side is gone.
        """
        views = [memoryview(part).cast("B") for part in self._parts]
        kinds = [_kind(part) for part in self._parts]
        connection.send_bytes(
            pickle.dumps([(kind, len(view)) for kind, view in zip(kinds, views, strict=True)])
        )
        for view in views:
            for start in range(0, len(view), _PIECE):
                connection.send_bytes(view[start : start + _PIECE])


def receive(connection: Connection) -> Any:
    """The next value; blocks until it is there.

    Raises:
        EOFError: The other side is gone.
        OSError: So it is, in the middle of a value.
    """
    heads: list[tuple[str, int]] = pickle.loads(connection.recv_bytes())
    body, *aside = [_receive_part(connection, kind, size) for kind, size in heads]
    return _Unpickler(io.BytesIO(body), aside).load()


def _kind(part: bytes | bytearray | array[Any]) -> str:
    """One letter: the type code of an array, or one that is none."""
    if isinstance(part, array):
        return part.typecode
    return "*" if isinstance(part, bytearray) else "="


def _receive_part(connection: Connection, kind: str, size: int) -> Any:
    if kind == "=":
        pieces = [connection.recv_bytes() for _ in range(0, size, _PIECE)]
        return b"".join(pieces)  # lets go of the lock where it copies more than a megabyte
    if kind == "*":
        grown = bytearray()
        for _ in range(0, size, _PIECE):
            grown += connection.recv_bytes()
        return grown
    numbers = array(kind)
    for _ in range(0, size, _PIECE):  # a piece is a whole number of items
        numbers.frombytes(connection.recv_bytes())
    return numbers
