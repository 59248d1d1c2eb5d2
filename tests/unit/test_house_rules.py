# SPDX-License-Identifier: MIT
"""Rules of this project that no linter knows, read from the syntax tree of every file. Each is tried on a sample that breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mqtt_explorer"
MAX_LINES = 400

Rule = Callable[[str, ast.Module, str], Iterator[str]]


def walk_functions(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yields each node with the innermost function around it (the module at the top level)."""

    def walk(node: ast.AST, function: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            yield child, function
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from walk(child, child if inside else function)

    yield from walk(tree, tree)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yields each call with the last name of what is called and, for a method, the source of its object."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node, node.func.attr, ast.unparse(node.func.value)
            elif isinstance(node.func, ast.Name):
                yield node, node.func.id, ""


def no_nested_loops(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """A loop inside the loop freezes paho: dialogs `open()`, menus `popup()`. An item view's own drag is the exception."""
    drags = _drag_calls(tree)
    for call, name, _ in calls(tree):
        if name in ("exec", "exec_") and call not in drags:
            yield f"{call.lineno}: {ast.unparse(call.func)}() runs a nested event loop; use open() or popup()"
        if name in ("processEvents", "asyncClose", "waitForFinished"):
            yield f"{call.lineno}: {name}() runs a nested event loop or blocks the one there is"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PySide6"):
            if any(alias.name == "QEventLoop" for alias in node.names):
                yield f"{node.lineno}: Qt's QEventLoop is a nested loop"
        if isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                if alias.name in ("asyncClose", "asyncSlot"):
                    yield f"{node.lineno}: qasync's {alias.name} hides tasks; use tasks.create_task"


def _drag_calls(tree: ast.Module) -> set[ast.Call]:
    """The calls `drag.exec(…)` in a plain method startDrag of a class, where `drag = QDrag(…)` stands in the same method."""
    allowed = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name == "startDrag":
            drags = {
                target.id
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("QDrag(")
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            allowed |= {call for call, name, owner in calls(function) if name == "exec" and owner in drags}
    return allowed


def tasks_are_named_and_kept(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """asyncio keeps weak references to tasks only; mqtt_explorer.tasks keeps ours and logs how they end."""
    if path == "tasks.py":
        return
    for call, name, owner in calls(tree):
        if name == "ensure_future" or (name == "create_task" and owner not in ("", "tasks")):
            yield f"{call.lineno}: {ast.unparse(call.func)}(); use mqtt_explorer.tasks.create_task"
        if name in ("run_in_executor", "to_thread"):
            yield f"{call.lineno}: {name}() makes the end of the program wait; use mqtt_explorer.tasks.run_in_thread"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            if {"create_task", "ensure_future", "to_thread"} & {alias.name for alias in node.names}:
                yield f"{node.lineno}: asyncio's create_task; use mqtt_explorer.tasks.create_task"


def widgets_only_where_they_belong(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """QtWidgets begins at the layer `widgets`."""
    if path.split("/")[0] in ("widgets", "panels", "app"):
        return
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        if any(name.startswith("PySide6.QtWidgets") for name in names):
            yield f"{node.lineno}: QtWidgets is for widgets, panels and app"


def errors_are_not_swallowed(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """`except Exception: pass` hides the fault that somebody will look for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            silent = all(
                isinstance(statement, ast.Pass | ast.Continue)
                or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
                for statement in node.body
            )
            if broad and silent:
                yield f"{node.lineno}: a broad except that does nothing"


def nothing_is_left_to_do(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """What is here works; what does not is not here."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", line):
            yield f"{number}: {line.strip()}"
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Raise)
            and node.exc is not None
            and "NotImplementedError" in ast.unparse(node.exc)
        ):
            yield f"{node.lineno}: raises NotImplementedError"


def files_begin_with_licence_and_purpose(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """The licence in the first line, then a docstring that says what the module is for."""
    if not text.startswith("# SPDX-License-Identifier: MIT\n"):
        yield "1: the first line must be: # SPDX-License-Identifier: MIT"
    if ast.get_docstring(tree) is None:
        yield "2: no module docstring"


def files_are_small(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """One thing a module."""
    if (lines := text.count("\n")) > MAX_LINES:
        yield f"{lines}: more than {MAX_LINES} lines; which two things does it do?"


def coroutines_do_not_block(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    """time.sleep in this program's one thread stops window and network."""
    for node, function in walk_functions(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "time.sleep"
            and isinstance(function, ast.AsyncFunctionDef)
        ):
            yield f"{node.lineno}: time.sleep() in a coroutine"


RULES: list[Rule] = [
    no_nested_loops,
    tasks_are_named_and_kept,
    widgets_only_where_they_belong,
    errors_are_not_swallowed,
    nothing_is_left_to_do,
    files_begin_with_licence_and_purpose,
    files_are_small,
    coroutines_do_not_block,
]

HEAD = '# SPDX-License-Identifier: MIT\n"""Sample."""\n'

BROKEN = [
    (no_nested_loops, "panels/a.py", "dialog.exec()"),
    (no_nested_loops, "panels/a.py", "menu.exec_(position)"),
    (no_nested_loops, "panels/a.py", "QMessageBox(self).exec()"),
    (no_nested_loops, "app/a.py", "app.processEvents()"),
    (no_nested_loops, "app/a.py", "from PySide6.QtCore import QEventLoop"),
    (no_nested_loops, "app/a.py", "from qasync import asyncSlot"),
    (no_nested_loops, "panels/a.py", "def click(self):\n    drag = QDrag(self)\n    drag.exec()"),
    (no_nested_loops, "panels/a.py", "async def startDrag(self):\n    drag = QDrag(self)\n    drag.exec()"),
    (tasks_are_named_and_kept, "panels/a.py", "asyncio.create_task(work())"),
    (tasks_are_named_and_kept, "network/a.py", "loop.create_task(work())"),
    (tasks_are_named_and_kept, "network/a.py", "asyncio.ensure_future(work())"),
    (tasks_are_named_and_kept, "network/a.py", "from asyncio import create_task"),
    (tasks_are_named_and_kept, "network/a.py", "await asyncio.to_thread(resolve)"),
    (widgets_only_where_they_belong, "models/a.py", "from PySide6.QtWidgets import QLabel"),
    (widgets_only_where_they_belong, "models/a.py", "from PySide6 import QtWidgets"),
    (widgets_only_where_they_belong, "store/a.py", "def f():\n    import PySide6.QtWidgets"),
    (errors_are_not_swallowed, "store/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (errors_are_not_swallowed, "store/a.py", "try:\n    f()\nexcept:\n    ..."),
    (nothing_is_left_to_do, "store/a.py", "x = 1  # TODO later"),
    (nothing_is_left_to_do, "store/a.py", "raise NotImplementedError"),
    (files_are_small, "store/a.py", "x = 1\n" * MAX_LINES),
    (coroutines_do_not_block, "store/a.py", "async def f():\n    time.sleep(1)"),
]

FINE = [
    (
        no_nested_loops,
        "widgets/a.py",
        "class V(QTreeView):\n    def startDrag(self, a):\n        drag = QDrag(self)\n        drag.exec(a)",
    ),
    (no_nested_loops, "app/a.py", "from qasync import QEventLoop\ndialog.open()\nmenu.popup(position)"),
    (tasks_are_named_and_kept, "tasks.py", "loop.create_task(work())"),
    (
        tasks_are_named_and_kept,
        "store/a.py",
        "tasks.create_task(work(), name='a')\ncreate_task(work(), name='a')",
    ),
    (widgets_only_where_they_belong, "panels/a.py", "from PySide6.QtWidgets import QLabel"),
    (errors_are_not_swallowed, "store/a.py", "try:\n    f()\nexcept OSError:\n    pass"),
    (errors_are_not_swallowed, "store/a.py", "try:\n    f()\nexcept Exception:\n    log.exception('f')"),
    (coroutines_do_not_block, "demo/a.py", "def in_a_thread():\n    time.sleep(1)"),
]


def complaints(rule: Rule, path: str, text: str) -> list[str]:
    return list(rule(path, ast.parse(text), text))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule):
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE).as_posix()
        found += [
            f"mqtt_explorer/{path}:{each}"
            for each in complaints(rule, path, file.read_text(encoding="utf-8"))
        ]
    assert not found, f"{rule.__doc__}\n" + "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "code"), BROKEN)
def test_a_breach_is_noticed(rule, path, code):
    assert complaints(rule, path, HEAD + code)


@pytest.mark.parametrize(("rule", "path", "code"), FINE)
def test_what_is_allowed_passes(rule, path, code):
    assert not complaints(rule, path, HEAD + code)


def test_a_file_without_licence_or_purpose_is_noticed():
    assert len(complaints(files_begin_with_licence_and_purpose, "store/a.py", "x = 1\n")) == 2


def test_constraints_name_no_place():
    """Packages come from wherever pip is told; a version and its conditions are all that stands there."""
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(
            r"[a-z0-9-]+==[0-9][0-9a-z.]*(; [a-z_]+ [=<>!]+ '[\w.]+')?", line
        ), line


def test_every_test_is_where_pytest_looks():
    """A test file under another name than test_*.py would never run."""
    stray = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("*.py")
        if not file.name.startswith("test_")
        and re.search(r"^(async )?def test_", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert not stray
