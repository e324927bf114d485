"""The order ticket: a job in a buyer's words, what it would do now, and sending just that."""
