"""Who trades with whom: participants, markets, orders, trades, holdings, order entry and the matcher."""
