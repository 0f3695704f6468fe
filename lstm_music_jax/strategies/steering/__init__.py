"""Strategies that favour or forbid given symbols, or that use another model.

Start with `forbid.py`. `sequence_matching.py` knows the sequences of `SequenceBias`.
These modules import what `strategies` may, and no other family.
"""
