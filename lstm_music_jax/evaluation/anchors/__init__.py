"""Anchors: music of known quality, which says how to read the values of a measure.

Start with `shuffled.py`: human pieces without their order. The other anchors need no
module here, because they are arms with another model or another strategy.

This package may import what `evaluation` may import.
"""
