"""Strategies that favour or forbid given symbols, or that use another model.

Start with `forbid.py`. `sequence_matching.py` finds the sequences of `SequenceBias` in
a stream. These modules may import the same packages as `strategies`, but no strategies
of other folders.
"""
