"""Layers: dependencies between the packages point in one direction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import TOP

WEB = {"flask", "werkzeug", "backend.web"}
READING_LIBRARIES = {"cv2", "onnxruntime", "deflate", "pyspng"}


def modules_of(package: str) -> list[str]:
    """The dotted names of all modules in a package, without __main__.py."""
    files = sorted(Path(TOP, *package.split(".")).rglob("*.py"))
    names = [".".join(file.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [name for name in names if not name.endswith("__main__")]


def loaded_by(modules: list[str]) -> set[str]:
    """The names of everything that a fresh interpreter loads when it imports `modules`, and of all their packages."""
    code = f"import sys, importlib; [importlib.import_module(name) for name in {modules}]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("backend.reading", {*WEB, "backend.records", "backend.settings"}),
        ("backend.records", {*WEB, *READING_LIBRARIES}),
        ("training", {*WEB, "backend.records", "backend.settings"}),
    ],
)
def test_a_package_loads_nothing_above_it(package: str, forbidden: set[str]) -> None:
    modules = modules_of(package)
    assert len(modules) > 5
    assert not loaded_by(modules) & forbidden


def test_settings_load_no_other_package() -> None:
    loaded = {name for name in loaded_by(["backend.settings"]) if name.startswith("backend")}
    assert loaded == {"backend", "backend.settings"}


def test_only_the_web_package_loads_flask() -> None:
    assert "flask" in loaded_by(["backend.web.app"])
    serving = ("backend.web", "backend.server", "backend.worker")
    others = [name for name in modules_of("backend") if not name.startswith(serving)]
    assert not loaded_by(others) & {"flask", "backend.web"}
