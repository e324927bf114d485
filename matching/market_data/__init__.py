"""What everybody may know of a market, kept in the transaction that writes the trades.

`bars.py` sums trades up; `announcements.py` says which public events a batch has; `keeping.py` writes events, book levels, contracts and
candles; `reading.py` reads events after a number; `candles.py` reads candles; `retention.py` prunes old events. Books and contracts
with the number at which they stand are read by `matching/book.py`.
"""
