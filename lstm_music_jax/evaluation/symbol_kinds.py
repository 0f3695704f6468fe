"""Kinds of symbols, such as "pitch" and "shift", or "note" and "chord".

The encoding of events has symbols such as 'pitch_60' and 'shift_12'. The encoding of
note names has pitches, such as 'C4', and chords of pitch classes, such as '4.9'.
"""

from lstm_music_jax.music.vocabulary import Vocabulary


def symbol_kinds(vocabulary: Vocabulary) -> list[str]:
    """Return the kind of each symbol of a vocabulary, in the order of ids.

    An event has the kind that its name begins with: "shift" for 'shift_12'. The name of
    a pitch has the kind "note", and that of a chord the kind "chord". The start and the
    end symbol have the kinds "start" and "end".

    >>> symbol_kinds(Vocabulary(("pitch_60", "C4", "4.9", "<end>"), end="<end>"))
    ['pitch', 'note', 'chord', 'end']
    """
    markers = {vocabulary.start: "start", vocabulary.end: "end"}
    return [markers.get(symbol) or _kind(symbol) for symbol in vocabulary.symbols]


def _kind(symbol: str) -> str:
    if "_" in symbol:
        return symbol.rpartition("_")[0]
    return "chord" if symbol[0].isdigit() else "note"
