"""Strategies that know which pitches each symbol plays, in any encoding.

`sounds.py` is their base class.
"""
