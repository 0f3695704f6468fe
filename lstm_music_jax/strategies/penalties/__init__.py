"""Strategies that penalise symbols which already occurred in the stream.

Start with `repetition_penalty.py`. `history.py` is a state that some of them share: the
last symbols of the stream. These modules may import the same packages as `strategies`,
but no strategies of other folders.
"""
