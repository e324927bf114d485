"""Pages of the markets: the overview, and one market as a trader sees it."""
