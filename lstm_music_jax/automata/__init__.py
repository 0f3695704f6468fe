"""Automata: finite machines that read symbols, on the host and on the device.

Start with `automaton.py`: an automaton accepts some sequences of symbols and no others.
`operations.py` combines automata, and `builders/` makes them in terms of music.
`reachability.py` finds what can still be accepted. `passages.py` is an index of pieces
that tells, for each symbol of a generated sequence, how much before it is copied.
`suffix_automaton.py` builds it, and `known_pieces.py` makes it from a dataset.

This package may import `types`, `pytrees` and `music`.
"""
