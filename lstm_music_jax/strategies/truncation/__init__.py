"""Strategies that forbid symbols, depending only on the next symbol's distribution.

Start with `top_p.py`. These modules import what `strategies` may, and no other family.
"""
