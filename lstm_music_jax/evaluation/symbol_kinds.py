"""Kinds of symbols: "pitch" or "shift" in events, "note" or "chord" in note names."""

from lstm_music_jax.music.vocabulary import Vocabulary


def symbol_kinds(vocabulary: Vocabulary) -> list[str]:
    """Return the kind of each symbol of a vocabulary, in the order of ids.

    A symbol such as 'shift_12' has the kind "shift", which is the name of its event.
    Names of pitches have the kind "note", and names of chords the kind "chord". The
    kinds of the start and the end symbol are "start" and "end".

    >>> symbol_kinds(Vocabulary(("pitch_60", "C4", "4.9", "<end>"), end="<end>"))
    ['pitch', 'note', 'chord', 'end']
    """
    markers = {vocabulary.start: "start", vocabulary.end: "end"}
    return [markers.get(symbol) or _kind(symbol) for symbol in vocabulary.symbols]


def _kind(symbol: str) -> str:
    if "_" in symbol:
        return symbol.rpartition("_")[0]
    return "chord" if symbol[0].isdigit() else "note"
