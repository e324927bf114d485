"""What operators do, as on their pages."""
