"""Promises: strategies that forbid every symbol that would break a rule of the piece.

Start with `copy_limit.py` or `obey.py`. `Chain` never ignores a promise because of a
strategy that truncates, wherever it stands. These modules may import the same packages
as `strategies`, but no strategies of other folders.
"""
