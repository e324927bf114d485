"""The lock file's own check finds what it is for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from packaging.requirements import Requirement

LOCK = """# made by uv
django==5.2.19 \\
    --hash=sha256:aa
    # via suanshi (pyproject.toml)
sqlparse==0.6.1 \\
    --hash=sha256:bb
    # via django
"""


@pytest.fixture(scope="module")
def lock_in_step() -> ModuleType:
    """The script, which lies outside every package."""
    path = Path(settings.BASE_DIR) / ".ci" / "lock_in_step.py"
    spec = importlib.util.spec_from_file_location("lock_in_step", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("wanted", "lock", "said"),
    [
        ("django>=5.2,<5.3", LOCK, []),
        ("django>=6", LOCK, ["pyproject.toml asks for django>=6, requirements.txt pins 5.2.19."]),
        ("django", LOCK.replace("    --hash=sha256:aa\n", ""), ["requirements.txt has no hash for django."]),
    ],
)
def test_differences(lock_in_step: ModuleType, wanted: str, lock: str, said: list[str]) -> None:
    assert lock_in_step.differences("requirements.txt", lock, [Requirement(wanted)]) == said


def test_a_package_missing_and_one_no_longer_wanted(lock_in_step: ModuleType) -> None:
    assert lock_in_step.differences("requirements.txt", LOCK, [Requirement("numpy")]) == [
        "pyproject.toml asks for numpy, requirements.txt does not have it.",
        "requirements.txt has django for pyproject.toml's sake, which no longer asks for it.",
    ]
