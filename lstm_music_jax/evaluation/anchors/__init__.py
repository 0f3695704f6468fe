"""Anchors: music of known quality, which says how to read the values of a measure.

Start with `shuffled.py`: human pieces whose symbols are in random order. The other
anchors, such as pieces of a 3-gram model, need no module here. They are drawn like the
pieces of the compared strategies, with another model.

This package may import what `evaluation` may import.
"""
