"""Money: ledger, holds, clearing, settlement, VAT, invoices and reports. Knows matching; matching does not know it."""
