"""Strategies that make what has sounded less likely; `history.py` remembers it."""
