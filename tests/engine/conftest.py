"""Every test that asks for `make_engine` runs on both engines: the reference that states the rules, and the kernel."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from matching.engine.__main__ import make_engine as engine_by_name
from matching.engine.interface import Engine

SHARED = Path(__file__).parents[3] / "shared"

MakeEngine = Callable[[], Engine]


def engine_maker(name: str) -> MakeEngine:
    if name == "kernel" and not kernel_exists():
        pytest.skip("matching.engine.kernel does not exist yet")
    return lambda: engine_by_name(name)


def kernel_exists() -> bool:
    """A folder without its __init__.py is not yet a kernel."""
    spec = find_spec("matching.engine.kernel")
    return spec is not None and spec.origin is not None


@pytest.fixture(params=("reference", "kernel"), scope="session")
def make_engine(request: pytest.FixtureRequest) -> MakeEngine:
    """Make an empty engine, of each kind in turn."""
    return engine_maker(request.param)


@pytest.fixture(scope="session")
def make_reference() -> MakeEngine:
    return engine_maker("reference")


@pytest.fixture(scope="session")
def make_kernel() -> MakeEngine:
    return engine_maker("kernel")


@pytest.fixture(scope="session")
def streams_dir() -> Path:
    return shared_folder("bench/streams")


@pytest.fixture(scope="session")
def replay_week_dir() -> Path:
    return shared_folder("data/replay-week")


def shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the shared test data is not part of the repository")
    return folder
