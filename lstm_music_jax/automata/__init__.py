"""Automata: finite machines that read symbols, on the host and on the device.

Start with `automaton.py`: an automaton accepts some sequences of symbols and no others.
`operations.py` combines automata, and `builders/` makes them in terms of music.
`reachability.py` finds what can still be accepted. `passages.py` is an index of pieces.
For each symbol of a generated sequence, it tells how many of the last symbols up to it
are copied from a piece. `suffix_automaton.py` is the algorithm that builds the index,
and `known_pieces.py` applies it to a dataset.

This package may import `types`, `pytrees` and `music`.
"""
