"""Symbolic music on the host: a MIDI file to score, symbols and ids, and back.

Start with `score.py`: a score is the notes of a piece, in ticks. `encodings/` turns a
score into symbols and back; `vocabulary.py` turns symbols into ids and back. `midi/`
reads and writes one file; `corpus/` loads many and prepares a dataset to train on.
`transposition.py` and `repetition.py` work on ids.

This package may import only `system`. It never imports JAX, and no other package
imports music21.
"""
