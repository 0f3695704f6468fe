"""Symbolic music on the host: MIDI files to scores, symbols and ids, and back.

Start with `score.py` (what a piece is) and `encodings/` (a piece as symbols). `midi/`
reads and writes files, `corpus/` loads many of them and prepares a dataset.

May import `system` alone. Nothing here imports JAX, and music21 is imported nowhere
else in the package.
"""
