"""Pages of those who run the exchange: what trades, who takes part, what looks odd, and how the machines are."""
