"""Strategies that reshape the whole distribution and forbid nothing.

Start with `temperature.py`. These modules may import the same packages as `strategies`,
but no strategies of other folders.
"""
