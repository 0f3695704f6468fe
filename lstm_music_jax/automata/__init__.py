"""Automata: finite machines that read symbols, on the host and on the device.

Start with `passages.py`: an index of pieces that tells, for each symbol of a stream,
how much of the stream is copied. `suffix_automaton.py` builds it, and
`known_pieces.py` makes it from a dataset.

This package may import `types`, `pytrees` and `music`.
"""
