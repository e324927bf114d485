"""Millions of random commands on which both engines must agree. By `make soak` only."""

import os
import time

import pytest

from .conftest import MakeEngine
from .soak import soak


@pytest.mark.soak
def test_the_engines_agree_on_millions_of_commands(make_kernel: MakeEngine) -> None:
    soak(int(os.environ.get("SOAK_COMMANDS", "10000000")), int(os.environ.get("SOAK_SEED", time.time())))
