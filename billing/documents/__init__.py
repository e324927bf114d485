"""What stands on an invoice or a statement, and how it is set."""
