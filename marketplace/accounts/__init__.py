"""People: users, and for whom they act."""
