"""Strategies that know what symbols sound, in any encoding; see `sounds.py`."""
