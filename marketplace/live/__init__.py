"""Live data by WebSocket: every market's public events to whoever asks, and to each participant its own orders, trades and balance.

`application.py` is the ASGI side: who connects, and from where. `socket.py` is one client: what it asks, what it is owed, how
fast it takes it. `feed.py` is one task a process that listens to PostgreSQL and reads each market's new events once for all
clients; `market_log.py` keeps the newest of a market in memory, `snapshots.py` reads where a market stands, `own_feed.py` and
`own_reading.py` follow the participants that are connected. The protocol is in docs/live.md.
"""
