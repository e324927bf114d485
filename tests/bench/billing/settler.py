"""`python -m tests.bench.billing.settler HOUR`: settle up to an hour as a worker does; print seconds and the process's peak memory."""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import UTC, datetime
from time import perf_counter


def main() -> None:
    """Settle on the database of DATABASE_URL and print one line of JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from billing.settlement import settle_delivered

    started = perf_counter()
    settle_delivered(until_hour=int(sys.argv[1]), now=datetime.now(UTC))
    seconds = perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main()
