"""The bank's statements: read, matched with what we expect, and booked."""
