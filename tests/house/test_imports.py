"""Who may import what, beyond the layers that import-linter checks."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

HTTP = (
    "allauth",
    "csp",
    "django.contrib.auth",
    "django.http",
    "django.shortcuts",
    "django.urls",
    "django.views",
    "rest_framework",
    "uvicorn",
)
CLOCKS = {("datetime", "now"), ("timezone", "now"), ("datetime", "utcnow"), ("time", "time")}
# What stands at the edge reads the clock and passes it in.
EDGES = ("management", "tasks.py", "views", "views.py", "tests")


def modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Give each module below `folder`, migrations left out."""
    for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            yield str(path.relative_to(settings.BASE_DIR)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Give the full name of each module, or of each name in it, that the tree imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_engine_imports_nothing_but_numpy_numba_and_itself() -> None:
    allowed = {"numpy", "numba", "llvmlite", *sys.stdlib_module_names}  # llvmlite is how numba is taught an instruction
    strangers = [
        f"{path}: {name}"
        for path, tree in modules("matching/engine")
        for name in imported(tree)
        if name.split(".")[0] not in allowed and not name.startswith("matching.engine")
    ]
    assert strangers == []


@pytest.mark.parametrize("house", ["matching", "billing"])
def test_only_the_marketplace_knows_http(house: str) -> None:
    strangers = [
        f"{path}: {name}"
        for path, tree in modules(house)
        for name in imported(tree)
        if any(name == http or name.startswith(f"{http}.") for http in HTTP)
    ]
    assert strangers == []


@pytest.mark.parametrize("house", ["matching", "billing"])
def test_only_the_edge_reads_the_clock(house: str) -> None:
    readers = []
    for path, tree in modules(house):
        if any(part in EDGES for part in Path(path).parts):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if (owner, node.attr) in CLOCKS:
                    readers.append(f"{path}:{node.lineno}")
    assert readers == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    odd = {"utils.py", "helpers.py", "misc.py", "common.py"}
    houses = ("marketplace", "billing", "matching", "tests")
    assert [path for house in houses for path, _ in modules(house) if Path(path).name in odd] == []
