"""Encodings: ways to write a score as a sequence of symbols, and to read it back.

Start with `base.py`, the contract. Each encoding is one file: `note_names.py` writes
note and chord names, `events.py` keeps rhythm. `saved.py` rebuilds an encoding from a
run's settings.
"""
