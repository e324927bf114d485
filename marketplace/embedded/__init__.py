"""What the embedded shape brings along: a PostgreSQL server and a supervisor for the processes."""
