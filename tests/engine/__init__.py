"""Tests of the order books; none of them needs Django: `python -m pytest tests/engine -p no:django` runs them too."""
