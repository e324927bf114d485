"""A replayed week judged by other people's tools; `python -m tests.replay.other_tools` runs all of them."""
