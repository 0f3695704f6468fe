"""Strategies that forbid symbols, given only the distribution of the next symbol.

Start with `top_p.py`. Only `XTC` also tosses a coin. These modules may import the same
packages as `strategies`, but no strategies of other folders.
"""
