# SPDX-License-Identifier: MIT
"""Protobuf schemas of the user: a descriptor set (.desc), or a .proto that is compiled to one.

Each file has a descriptor pool of its own, so that two schemas with the same names stay apart. Reading and compiling take long: call this
in the decoding process. What was read is kept until a file changes.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mqtt_explorer.payload.api import DecodeError

#: Between the file and the message type in an option.
SEPARATOR: Final = "::"
_MAX_BYTES: Final = 64 << 20
_COMPILE_S: Final = 30.0
#: A .proto may name its imports from a folder above its own: so many are tried.
_ROOTS: Final = 6
_KEPT: Final = 8
_BUNDLED: Final = "google/protobuf/"
_MAKE_ONE: Final = "protoc --descriptor_set_out=x.desc --include_imports x.proto"

_Stamp = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that was read.

    Attributes:
        name: The file's name.
        pool: Its types.
        types: Full names of its message types, its own before those it imports.
        stamps: The files it was made of, with the time (ns) and size they had.
    """

    name: str
    pool: Any
    types: tuple[str, ...]
    stamps: tuple[_Stamp, ...]


_schemas: dict[str, Schema] = {}


def split_option(option: str) -> tuple[str, str]:
    """File and message type of an option, ``/path/x.desc::pkg.Type``.

    Raises:
        DecodeError: One of them is missing.
    """
    path, _, name = option.rpartition(SEPARATOR)
    if not path or not name:
        raise DecodeError("A schema is written as a file, two colons and a message type: x.desc::pkg.Type.")
    return path, name.removeprefix(".")


def schema_types(path: str) -> list[str]:
    """The full names of a schema's message types, its own before those it imports.

    Raises:
        DecodeError: The file cannot be used; one sentence says why.
    """
    types = load_schema(path).types
    if not types:
        raise DecodeError(f"{Path(path).name} has no message types.")
    return list(types)


def types_job(path: str, progress: Callable[[float], None]) -> list[str]:
    """`schema_types` for the decoding process; see there."""
    del progress
    return schema_types(path)


def message_class(path: str, name: str) -> Any:
    """The class of a message type.

    Raises:
        DecodeError: The file cannot be used, or has no such type.
    """
    schema = load_schema(path)
    from google.protobuf import message_factory

    try:
        return message_factory.GetMessageClass(schema.pool.FindMessageTypeByName(name))
    except KeyError:
        raise DecodeError(f"{schema.name} has no message type “{name[:200]}”.") from None


def load_schema(path: str) -> Schema:
    """Reads a schema, or gives the one that was read when its files are as they were.

    Raises:
        DecodeError: It cannot be used.
    """
    kept = _schemas.get(path)
    if kept is not None and all(_stamp(Path(each[0])) == each for each in kept.stamps):
        return kept
    _schemas.pop(path, None)
    made = _read(Path(path))
    while len(_schemas) >= _KEPT:
        _schemas.pop(next(iter(_schemas)))
    _schemas[path] = made
    return made


def _read(path: Path) -> Schema:
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool
    except ImportError:
        from mqtt_explorer.payload.protobuf_values import INSTALL

        raise DecodeError(f"Schemas need the package protobuf: {INSTALL}.") from None
    stamp = _stamp(path)
    if stamp is None:
        raise DecodeError(f"The schema file {path} is not there.")
    if stamp[2] > _MAX_BYTES:
        raise DecodeError(f"The schema file {path.name} is larger than {_MAX_BYTES >> 20} MB.")
    root = None
    if path.suffix.lower() == ".proto":
        data, root = _compile(path)
    else:
        data = _bytes(path)
    try:
        files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    except Exception:  # noqa: BLE001 – the library's error class differs between its releases
        files = []
    if not files:
        raise DecodeError(f"{path.name} is no descriptor set; {_MAKE_ONE} makes one.")
    pool = descriptor_pool.DescriptorPool()
    _fill(pool, files, path.name)
    stamps = [stamp]
    if root is not None:
        stamps += [
            found for each in files if each.name and (found := _stamp(root / each.name)) and found != stamp
        ]
    return Schema(path.name, pool, tuple(_type_names(files)), tuple(stamps))


def _fill(pool: Any, files: list[Any], name: str) -> None:
    """Adds files after those they import; Google's well-known ones need not be in the set.

    Raises:
        DecodeError: An import is missing, or the files contradict each other.
    """
    by_name = {each.name: each for each in files}
    opened: set[str] = set()
    added: set[str] = set()
    todo = [(each, False) for each in reversed(files)]
    while todo:
        file, ready = todo.pop()
        if file.name in added:
            continue
        if ready:
            added.add(file.name)
            try:
                pool.Add(file)
            except (TypeError, ValueError, KeyError) as error:
                raise DecodeError(f"The types of {name} do not fit together: {_short(str(error))}.") from None
            continue
        opened.add(file.name)
        todo.append((file, True))
        for wanted in file.dependency:
            if wanted in added:
                continue
            if wanted in opened:
                raise DecodeError(f"In {name} {_short(file.name)} and {_short(wanted)} import each other.")
            found = by_name.get(wanted) or _well_known(wanted)
            if found is None:
                raise DecodeError(
                    f"{name} lacks {_short(wanted)}, which {_short(file.name)} imports; make it with --include_imports."
                )
            by_name[wanted] = found
            todo.append((found, False))


def _well_known(name: str) -> Any:
    """A file of Google's that comes with the library ("google/protobuf/timestamp.proto"); None for others."""
    stem = name.removeprefix(_BUNDLED).removesuffix(".proto")
    if name != f"{_BUNDLED}{stem}.proto" or not stem.isidentifier():
        return None
    try:
        module = importlib.import_module(f"google.protobuf.{stem}_pb2")
    except ImportError:
        return None
    from google.protobuf import descriptor_pb2

    return descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)


def _type_names(files: list[Any]) -> Iterable[str]:
    """Message types without map entries. The file asked for comes last in a set; Google's are not offered beside others."""
    own = [each for each in reversed(files) if not each.name.startswith(_BUNDLED)] or files
    for file in own:
        yield from _names_in(file.message_type, file.package)


def _names_in(messages: Any, scope: str) -> Iterable[str]:
    for each in messages:
        name = f"{scope}.{each.name}" if scope else each.name
        if not each.options.map_entry:
            yield name
            yield from _names_in(each.nested_type, name)


def _compile(path: Path) -> tuple[bytes, Path]:
    """The descriptor set of a .proto, and the folder its imports are named from.

    Raises:
        DecodeError: There is no compiler, or it says what is wrong.
    """
    if getattr(sys, "frozen", False) or importlib.util.find_spec("grpc_tools") is None:
        raise DecodeError(
            "Reading .proto files needs the extra “protoc” (pip install 'mqtt-explorer-qt[protoc]'); "
            f"or make a descriptor set and choose that: {_MAKE_ONE}."
        )
    import tempfile

    path = path.absolute()
    problem = ""
    with tempfile.TemporaryDirectory(prefix="mqtt-explorer-") as folder:
        made = Path(folder) / "schema.desc"
        for root in list(path.parents)[:_ROOTS]:
            said = _run_compiler(path.relative_to(root), root, made)
            if not said:
                return _bytes(made), root
            problem = problem or said
            if "not found" not in said:
                break
    raise DecodeError(f"{path.name} could not be compiled: {_first_fault(problem)}.")


def _run_compiler(file: Path, root: Path, made: Path) -> str:
    """Compiles in a child process; what it says when it failed, else nothing."""
    import subprocess

    # -P: a folder that holds a schema must not be one that Python loads code from.
    command = [sys.executable, "-P", "-m", "grpc_tools.protoc", "-I.", "--include_imports"]
    command += [f"--descriptor_set_out={made}", f"./{file.as_posix()}"]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMPILE_S,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {_COMPILE_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    if done.returncode == 0 and made.exists():
        return ""
    return done.stderr.decode("utf-8", "replace").strip() or f"the compiler ended with {done.returncode}"


_FAULT = re.compile(r"\.proto:(?:[0-9]+:[0-9]+:)? ")


def _first_fault(said: str) -> str:
    """The compiler's first line that says what is wrong, without its final stop."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and "warning:" not in line.lower()]
    faults = [line for line in lines if _FAULT.search(line) is not None] or lines
    return _short(faults[0] if faults else said).rstrip(".")


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (str(path), found.st_mtime_ns, found.st_size) if path.is_file() else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DecodeError(f"{path.name} could not be read ({error.strerror or error}).") from None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:200] + "…"
