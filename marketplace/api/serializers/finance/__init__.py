"""What finance reads and sends."""
