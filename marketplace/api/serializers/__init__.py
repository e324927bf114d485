"""What the API reads and writes, one file a concept."""
