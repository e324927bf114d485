"""What finance does, as on its pages."""
