"""Automata for the pitches that a piece may use."""

from collections.abc import Callable, Sequence

from lstm_music_jax.automata.automaton import Automaton, alphabet, explored, grouped
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.music.vocabulary import Vocabulary


def within_range(
    low: int, high: int, vocabulary: Vocabulary, encoding: Encoding
) -> Automaton:
    """Return the automaton of pieces whose pitches are all from `low` to `high`.

    Args:
        low: the lowest MIDI pitch.
        high: the highest MIDI pitch.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.

    Raises:
        ValueError: an end of the range is no MIDI pitch, or `low` is above `high`.
    """
    if not 0 <= low <= high <= HIGHEST_PITCH:
        raise ValueError(
            f"low is {low} and high is {high}; they must be MIDI pitches, 0 to "
            f"{HIGHEST_PITCH}, and low must not be above high"
        )
    return _allowing(lambda pitch: low <= pitch <= high, vocabulary, encoding)


def within_key(
    tonic: int, scale: Sequence[int], vocabulary: Vocabulary, encoding: Encoding
) -> Automaton:
    """Return the automaton of pieces whose pitches are all in a scale.

    Args:
        tonic: pitch class, 0 (C) to 11 (B).
        scale: steps in semitones above the tonic, such as `MAJOR`.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.

    Raises:
        ValueError: the tonic or a step is not from 0 to 11.
    """
    for name, number in (("tonic", tonic), *(("scale", step) for step in scale)):
        if not 0 <= number <= 11:
            raise ValueError(f"{name} holds {number}; it must be 0 to 11")
    classes = {(tonic + step) % 12 for step in scale}
    return _allowing(lambda pitch: pitch % 12 in classes, vocabulary, encoding)


def _allowing(
    allowed: Callable[[int], bool], vocabulary: Vocabulary, encoding: Encoding
) -> Automaton:
    kinds = [
        all(map(allowed, encoding.pitches(symbol))) for symbol in vocabulary.symbols
    ]
    classes, kinds = grouped(kinds, alphabet(vocabulary))
    return explored(
        0, lambda state, group: 0 if kinds[group] else None, lambda _: True, classes
    )
