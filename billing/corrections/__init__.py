"""Corrections of posted transfers by hand: one asks, another decides, a transfer linked to the first takes it back."""
