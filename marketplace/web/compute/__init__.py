"""What an organisation has: its orders, trades and holdings."""
