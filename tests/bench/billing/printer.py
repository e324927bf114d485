"""`python -m tests.bench.billing.printer`: print the invoices whose ids stand on the first line of input, as a worker does.

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
    from billing.invoice_pdf import render_invoice
    from billing.models import Invoice

    ids = json.loads(sys.stdin.readline())
    invoices = Invoice.objects.select_related("fapiao", "due")
    render_invoice(invoices.get(pk=ids[0]))
    print("ready", flush=True)
    sys.stdin.readline()
    sizes = [len(render_invoice(invoices.get(pk=invoice_id))) for invoice_id in ids]
    print(json.dumps({"pdfs": len(sizes), "bytes": sum(sizes)}), flush=True)


if __name__ == "__main__":
    main()
