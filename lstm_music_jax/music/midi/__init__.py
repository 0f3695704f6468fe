"""MIDI files: reading a file as a score, and writing a score as a file.

Start with `reading.py`, which holds the musical rules by which a file becomes a score.
It builds on `tracks.py`, which turns the bytes of a file into timed events.
`writing.py` writes a score as a file, whose bytes `content.py` makes. `record.py` keeps
a text in a file, which says what made the music.

These modules import the other modules of `music`, `system` and music21.
"""
