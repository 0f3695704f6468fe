"""Scores in music notation, for programs such as MuseScore.

Start with `musicxml.py`, which writes a score as a MusicXML file. `rhythm.py` rounds
times to what notation can show, `voices.py` makes voices of chords, and `keys.py` finds
the key signature.

This package may import the modules of `music` beside it, `system` and music21.
"""
