"""Metered delivery: readings, disputes, and what they change of settled hours."""
