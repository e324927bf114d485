"""`python -m tests.bench.billing.printer`: print the invoices whose ids stand on the first line of input, as a worker does that
fills a ZIP.

Says `ready` once the fonts are loaded, begins at the next line, and says how many PDFs and bytes it made.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Print on the database of DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from billing.invoice_pdf import render_invoices

    ids = json.loads(sys.stdin.readline())
    list(render_invoices(ids[:1]))
    print("ready", flush=True)
    sys.stdin.readline()
    sizes = [len(pdf) for _invoice, pdf in render_invoices(ids)]
    print(json.dumps({"pdfs": len(sizes), "bytes": sum(sizes)}), flush=True)


if __name__ == "__main__":
    main()
