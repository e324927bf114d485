"""Credit of invoiced buyers: limits, what is due, what has been paid, and how old the rest is."""
