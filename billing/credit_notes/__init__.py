"""Notes that correct issued documents: made by delta runs for what they change, and by finance for what it credits."""
