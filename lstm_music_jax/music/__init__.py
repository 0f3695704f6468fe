"""Symbolic music on the host: MIDI files, scores, symbols and symbol ids.

Start with `score.py`: a score is the notes of a piece, in ticks. `encodings/` turns a
score into symbols and back; `vocabulary.py` turns symbols into ids and back. `midi/`
reads and writes one MIDI file; `notation/` writes music notation; `corpus/` loads many
files and prepares a dataset to train on. `transposition.py` makes tables of transposed
ids, and `repetition.py` counts repetitions.

This package may import only `notebooks` and `system`. It never imports JAX, and no
other package imports music21.
"""
