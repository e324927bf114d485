"""What operators read and send."""
