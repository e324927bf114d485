"""Patterns of trading that an operator should look at: found by statements over a day, kept with their evidence."""
