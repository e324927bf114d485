"""What providers are owed, out to their banks: prepared by one person, approved by another, answered by the bank."""
