"""Strategies that penalise symbols that occurred before.

`history.py` is a state that some of them share: the last symbols of the stream.
"""
