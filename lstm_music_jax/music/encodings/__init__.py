"""Encodings, which turn a score into a sequence of symbols, and symbols into a score.

Start with `base.py`, the contract of an encoding. Each encoding is one file:
`note_names.py` writes the names of notes and chords, `events.py` also keeps rhythm, and
`performance.py` keeps expressive timing and loudness.
`pitch_names.py` spells pitches and chords as music21 does. `from_config.py` rebuilds an
encoding from the settings of a run.

These modules import only other modules of `music`.
"""
