"""Automata for what must stand at given places of a piece."""

from collections.abc import Mapping, Sequence

from lstm_music_jax.automata.automaton import (
    Automaton,
    alphabet,
    explored,
    grouped,
    ids_of_music,
)
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary


def fixed_symbols(symbols: Mapping[int, str], vocabulary: Vocabulary) -> Automaton:
    """Return the automaton of pieces with given symbols at given positions.

    Args:
        symbols: the symbol at each position. The first drawn symbol has position 0.
        vocabulary: the vocabulary of the model.

    Raises:
        ValueError: no symbols are given, a position is negative, or the automaton
            cannot read a symbol.
    """
    if not symbols or min(symbols) < 0:
        raise ValueError(
            f"symbols is {dict(symbols)}; it must hold one position or more, 0 or more "
            "each"
        )
    ids_of_music([*symbols.values()], vocabulary, "symbols", [*symbols])
    fixed = set(symbols.values())
    kinds = [symbol if symbol in fixed else None for symbol in vocabulary.symbols]
    classes, kinds = grouped(kinds, alphabet(vocabulary))
    end = max(symbols) + 1

    def step(position, group):
        if symbols.get(position, kinds[group]) != kinds[group]:
            return None
        return min(position + 1, end)

    return explored(0, step, lambda position: position == end, classes)


def fixed_notes(
    notes: Mapping[float, int | Sequence[int]],
    vocabulary: Vocabulary,
    encoding: Encoding,
) -> Automaton:
    """Return the automaton of pieces that strike given pitches at given times.

    Further notes are allowed at any time. The clock is 0 when the first symbol is
    drawn. With `NoteNames`, each note or chord takes the encoding's `ticks_per_note`.

    Args:
        notes: the MIDI pitch, or the pitches, that are struck at each time. A time is
            in quarters, and must be a whole number of ticks of the encoding. With
            `Performance`, a quarter is half a second.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.

    Raises:
        ValueError: no notes are given, or a time is negative or no whole number of
            ticks, or no symbol strikes one of the pitches.
    """
    wanted = {}
    for quarters, pitches in notes.items():
        ticks = quarters * encoding.ticks_per_quarter
        if ticks < 0 or ticks % 1:
            raise ValueError(
                f"notes holds the time {quarters}; it must be 0 or more, and a "
                f"multiple of 1/{encoding.ticks_per_quarter} of a quarter"
            )
        struck = [pitches] if isinstance(pitches, int) else pitches
        wanted[int(ticks)] = frozenset(struck)
    if not any(wanted.values()):
        raise ValueError("notes is empty; it must hold one note or more")
    last = max(wanted)
    every = frozenset().union(*wanted.values())
    per_symbol = encoding.ticks_per_note if isinstance(encoding, NoteNames) else 0
    kinds = [
        (
            every.intersection(encoding.pitches(symbol)),
            per_symbol or encoding.time_shift(symbol),
        )
        for symbol in vocabulary.symbols
    ]
    classes, kinds = grouped(kinds, alphabet(vocabulary))
    missing = every.difference(*(struck for struck, _ in kinds))
    if missing:
        raise ValueError(
            f"notes holds pitch {min(missing)}; it must hold pitches that the model "
            "was trained on"
        )

    def step(state, group):
        clock, open_pitches = state
        struck, ticks = kinds[group]
        open_pitches = open_pitches - struck
        if clock is None or not ticks:
            return clock, open_pitches
        passed = (time for time in wanted if clock < time < clock + ticks)
        if open_pitches or any(map(wanted.get, passed)):
            return None
        if clock + ticks > last:
            return None, frozenset()
        return clock + ticks, wanted.get(clock + ticks, frozenset())

    def accepts(state):
        clock, open_pitches = state
        return not open_pitches and (clock is None or clock == last)

    return explored((0, wanted.get(0, frozenset())), step, accepts, classes)
