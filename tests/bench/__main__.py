"""`make bench`: measure, print a table and write bench.json.

Every module beside this one may have `measure() -> list[dict]`; each dict has `name`, `value`, `unit`, `peer` (what is
measured beside it or the limit it must keep, in words) and `peer_value`. `python -m tests.bench engine` measures one.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tests.bench

COLUMNS = ("name", "value", "unit", "peer", "peer_value", "ratio")


def main() -> None:
    """Measure what was asked for, or everything."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    wanted = set(sys.argv[1:])
    rows: list[dict[str, Any]] = []
    for name in _modules():
        if wanted and name not in wanted:
            continue
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += [_with_ratio(row) for row in importlib.import_module(f"tests.bench.{name}").measure()]
    if not rows:
        sys.exit(f"Nothing to measure. There are: {', '.join(_modules()) or 'no modules yet'}")
    _print_table(rows)
    path = Path(os.environ.get("SUANSHI_VAR", "var")) / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {path}")


def _modules() -> list[str]:
    return sorted(info.name for info in pkgutil.iter_modules(tests.bench.__path__) if _measures(info.name))


def _measures(name: str) -> bool:
    folder = Path(tests.bench.__path__[0], name)
    source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return not name.startswith("_") and "def measure(" in source.read_text("utf-8")


def _with_ratio(row: dict[str, Any]) -> dict[str, Any]:
    value, peer_value = row["value"], row.get("peer_value")
    return {**row, "ratio": round(value / peer_value, 3) if peer_value else None}


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = [COLUMNS, *(tuple(_cell(row.get(column)) for column in COLUMNS) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(COLUMNS))]
    for line in table:
        print("  ".join(_aligned(line, widths)).rstrip())


def _aligned(line: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    for column, cell, width in zip(COLUMNS, line, widths, strict=True):
        yield cell.rjust(width) if column in ("value", "peer_value", "ratio") else cell.ljust(width)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    main()
