"""Letters about overdue invoices, by mail."""
