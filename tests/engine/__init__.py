"""Tests of the order books. None of them needs Django: this runs them too, without the project's settings.

python -m pytest tests/engine -p no:django -o addopts= --confcutdir tests/engine
"""
