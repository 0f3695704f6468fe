"""Corpora: many pieces, loaded once, split, and made ready for training.

Start with `loading.py` (chorales, MIDI folders) and `dataset.py` (ids to train on).
`reading.py` parses files in several processes, `cache.py` keeps what was parsed.
"""
