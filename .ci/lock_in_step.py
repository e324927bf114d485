"""Check, without a network, that the lock files pin and hash what pyproject.toml asks for."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

BASE_DIR = Path(__file__).resolve().parent.parent
REMEDY = "Compile it again, with the command that its first lines name."


def main() -> None:
    """Exit 1 with a sentence for each difference."""
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    locks = {
        "requirements.txt": project["project"]["dependencies"] + groups["dev"],
        "requirements-bench.txt": groups["bench"],
    }
    problems = [
        problem
        for file, wanted in locks.items()
        for problem in differences(
            file, (BASE_DIR / file).read_text(encoding="utf-8"), [Requirement(line) for line in wanted]
        )
    ]
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if problems:
        sys.exit(REMEDY)


def differences(file: str, lock: str, wanted: list[Requirement]) -> list[str]:
    """Name what a lock file lacks, holds in a version not asked for, asks directly without need, or leaves unhashed."""
    pinned: dict[str, Version] = {}
    problems: list[str] = []
    for block in re.split(r"\n(?=\S)", lock):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", block)
        if match is None:
            continue
        name = canonicalize_name(match[1])
        pinned[name] = Version(match[2])
        if "--hash=sha256:" not in block:
            problems.append(f"{file} has no hash for {name}.")
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        if name not in pinned:
            problems.append(f"pyproject.toml asks for {name}, {file} does not have it.")
        elif pinned[name] not in requirement.specifier:
            problems.append(f"pyproject.toml asks for {requirement}, {file} pins {pinned[name]}.")
    names = {canonicalize_name(requirement.name) for requirement in wanted}
    direct = re.findall(r"\n([A-Za-z0-9._-]+)==(?:(?!\n\S).)*?suanshi \(pyproject\.toml", lock, flags=re.DOTALL)
    problems += [
        f"{file} has {name} for pyproject.toml's sake, which no longer asks for it."
        for name in direct
        if canonicalize_name(name) not in names
    ]
    if "://" in lock:
        problems.append(f"{file} names a host.")
    return problems


if __name__ == "__main__":
    main()
