"""Closing a month: what must be done before, one who asks, another who agrees."""
