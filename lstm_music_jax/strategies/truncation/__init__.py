"""Strategies that forbid symbols, given only the distribution of the next symbol.

Start with `top_p.py`. These modules import what `strategies` may, and no other family.
"""
