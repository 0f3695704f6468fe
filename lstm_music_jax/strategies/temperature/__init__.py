"""Strategies that reshape the whole distribution and forbid nothing.

Start with `temperature.py`. These modules import what `strategies` may, and no other
family.
"""
