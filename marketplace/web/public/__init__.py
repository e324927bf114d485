"""Pages that explain the exchange to anyone: compute classes, hubs, the rules, and the search over all of it."""
