"""MIDI files: `reading.py` turns one into a score, `writing.py` does the reverse.

`events.py` reads the raw events of a file; the musical rules are in `reading.py`.
"""
