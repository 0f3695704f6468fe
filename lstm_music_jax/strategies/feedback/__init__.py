"""Strategies that adapt to the symbols that are drawn.

`mirostat.py` is the base class of both versions of Mirostat.
"""
