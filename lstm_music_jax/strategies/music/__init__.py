"""Strategies that know the pitches of symbols, in any encoding; see `sounds.py`."""
