"""Which VAT rate a participant's purchases of an invoice period have."""

from __future__ import annotations

from billing.models import TaxCode

VAT_BPS_SQL = f"""(
    SELECT bps FROM billing_rate WHERE kind = 'vat' AND state = 'approved' AND from_hour <= greatest({{start}}, 0)
        AND tax_code = coalesce((
            SELECT tax_code FROM billing_taxstatus x
            WHERE x.state = 'approved' AND x.participant_id = {{participant}} AND x.from_hour <= greatest({{start}}, 0)
            ORDER BY x.from_hour DESC, x.id DESC LIMIT 1
        ), '{TaxCode.SERVICES.value}')
    ORDER BY from_hour DESC, id DESC LIMIT 1
)"""
"""The rate in force at the first hour `{start}` of a period for `{participant}` (SQL expressions): it begins with a period."""
