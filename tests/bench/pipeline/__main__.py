"""`python -m tests.bench.pipeline PART...`: measure some of the figures alone."""

from __future__ import annotations

import os
import sys

from tests.bench.pipeline import PARTS, measure

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    wanted = sys.argv[1:]
    if not wanted or set(wanted) - set(PARTS):
        sys.exit(f"Name what to measure: {', '.join(PARTS)}")
    measure(wanted)
