"""Comparison: which of several strategies is better, and how certain the answer is.

Start with `analysis.py`, which turns the pieces of all strategies into estimates.
"""
