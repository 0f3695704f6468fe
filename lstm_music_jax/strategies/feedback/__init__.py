"""Strategies that adapt to earlier symbols, or to earlier distributions.

Start with `mirostat_2.py`. `mirostat.py` is the base class of both versions of
Mirostat. These modules may import the same packages as `strategies`, but no strategies
of other folders.
"""
