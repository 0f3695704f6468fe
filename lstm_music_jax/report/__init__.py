"""Figures that a person looks at: pictures of pieces and of measurements.

Start with `figures.py`. This package may import `music` and `system`.
"""
