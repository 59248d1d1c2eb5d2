# SPDX-License-Identifier: MIT
"""What import-linter cannot see: which modules are really loaded at run time. Each proof runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mqtt_explorer"
QT_LAYERS = {"models", "widgets", "panels", "app"}

BLOCK_QT = """
    import sys

    class NoQt:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {"PySide6", "shiboken6", "qasync", "pyqtgraph", "qtawesome"}:
                raise ImportError(f"{name} is imported, but Qt begins at mqtt_explorer.models")

    sys.meta_path.insert(0, NoQt())
"""


def modules_below_qt() -> list[str]:
    """All modules of the layers from `tasks` to `connection`, and `cli`, which starts Qt only when it opens a window."""
    names = []
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in QT_LAYERS or parts[-1] == "__main__":
            continue
        names.append(".".join(("mqtt_explorer", *(part for part in parts if part != "__init__"))))
    return names


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


IMPORT_EACH = (
    BLOCK_QT
    + """
    import importlib, traceback
    for name in sys.argv[1:]:
        try:
            importlib.import_module(name)
        except ImportError:
            print(name)
            traceback.print_exc()
"""
)


def test_everything_up_to_connection_and_cli_loads_without_qt():
    modules = modules_below_qt()
    assert "mqtt_explorer.connection" in modules
    assert "mqtt_explorer.cli" in modules
    result = run(IMPORT_EACH, *modules)
    assert result.stdout == "", f"these modules need Qt, or do not import:\n{result.stdout}\n{result.stderr}"
    assert result.returncode == 0, result.stderr


def test_the_proof_notices_qt():
    result = run(IMPORT_EACH, "mqtt_explorer.models.frame_clock")
    assert result.stdout == "mqtt_explorer.models.frame_clock\n"
    assert "Qt begins at mqtt_explorer.models" in result.stderr


def test_unit_tests_load_without_qt():
    """Test modules may not reach Qt either: what they import at the top is what they test."""
    code = (
        BLOCK_QT
        + """
    import importlib.util, traceback
    for index, file in enumerate(sys.argv[1:]):
        spec = importlib.util.spec_from_file_location(f"unit_test_{index}", file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        except ImportError:
            print(file)
            traceback.print_exc()
"""
    )
    files = [str(file) for file in sorted((ROOT / "tests/unit").rglob("test_*.py"))]
    assert str(Path(__file__)) in files
    result = run(code, *files)
    assert result.stdout == "", (
        f"these test files need Qt, or do not import:\n{result.stdout}\n{result.stderr}"
    )
    assert result.returncode == 0, result.stderr


def test_an_import_of_qt_inside_a_function_is_refused_in_unit_tests(monkeypatch):
    package_code = {"__name__": "mqtt_explorer.store.sample"}
    exec("def decode():\n    from PySide6 import QtCore\n    return QtCore", package_code)
    with pytest.raises(ImportError, match=r"mqtt_explorer\.store\.sample imports PySide6"):
        package_code["decode"]()


def test_the_window_loads_without_the_slow_libraries():
    """pyqtgraph takes 340 ms and qtawesome 220 ms to import: neither may come before the first paint."""
    files = [
        *(PACKAGE / "app").rglob("*.py"),
        *(PACKAGE / "widgets").rglob("*.py"),
        *(PACKAGE / "models").rglob("*.py"),
    ]
    modules = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted(files)
    ]
    code = """
        import importlib, sys
        for name in sys.argv[1:]:
            importlib.import_module(name)
            if slow := {"pyqtgraph", "qtawesome"} & set(sys.modules):
                sys.exit(f"{name} loads {', '.join(slow)}")
    """
    result = run(code, *modules)
    assert result.returncode == 0, result.stderr
