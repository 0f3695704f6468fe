"""Builders of automata: what a piece must be or have, in terms of music.

Start with `pitches.py`, the simplest one; `bars.py` counts time. All builders take the
vocabulary of the model, and its encoding where they ask what a symbol means. Their
automata read the symbols of music that `compose` may draw: all but the start symbol,
the end symbol, and those that the model was not trained on. These modules may import
the same packages as `automata`.
"""
