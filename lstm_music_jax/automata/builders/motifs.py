"""Automata for motifs: passages that a piece must have, or must not have."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lstm_music_jax.automata.automaton import (
    Automaton,
    alphabet,
    explored,
    grouped,
    ids_of_music,
)
from lstm_music_jax.automata.operations import complement, minimised
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.transposition import (
    HALF_OCTAVE,
    spelled_once,
    transposition_table,
)
from lstm_music_jax.music.vocabulary import Vocabulary


def contains(
    motif: Sequence[str],
    vocabulary: Vocabulary,
    encoding: Encoding,
    transposed: bool = False,
) -> Automaton:
    """Return the automaton of pieces that contain a motif.

    Args:
        motif: successive symbols, one or more.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        transposed: whether the motif may also be up to six semitones higher or lower,
            or spelled in another way.

    Raises:
        ValueError: the motif is empty or holds a symbol that the automaton cannot read.

    Reference: Knuth, Morris & Pratt 1977, Fast Pattern Matching in Strings; for several
    transpositions, Aho & Corasick 1975, Efficient String Matching.
    """
    if not motif:
        raise ValueError("motif is empty; it must hold one symbol or more")
    ids = ids_of_music(motif, vocabulary, "motif")
    spelled = np.arange(len(vocabulary))[None]
    if transposed:
        spelled = spelled_once(transposition_table(vocabulary, encoding, HALF_OCTAVE))
    same = spelled[len(spelled) // 2]
    # With `transposed`, all symbols that sound alike are read as one.
    read = np.where(alphabet(vocabulary), same, -1)
    return minimised(_finding({tuple(row[ids].tolist()) for row in spelled}, read))


def excludes(
    motif: Sequence[str],
    vocabulary: Vocabulary,
    encoding: Encoding,
    transposed: bool = False,
) -> Automaton:
    """Return the automaton of pieces that do not contain a motif.

    With `transposed`, the motif may not occur up to six semitones higher or lower
    either. The arguments and errors are those of `contains`.
    """
    return minimised(complement(contains(motif, vocabulary, encoding, transposed)))


def _finding(motifs: set[tuple[int, ...]], read: Int[np.ndarray, "v"]) -> Automaton:
    """Return the automaton of sequences that contain at least one of the motifs.

    Args:
        motifs: the motifs, as symbol ids; all of the same length.
        read: for each symbol, the id as which it is read; -1 if it cannot be read.
            Several symbols that sound alike may be read as one.
    """
    # A state is the longest end of the sequence with which a motif begins.
    beginnings = {motif[:end] for motif in motifs for end in range(len(motif) + 1)}
    used = {symbol for motif in motifs for symbol in motif}
    kinds = [symbol if symbol in used else None for symbol in read.tolist()]
    classes, kinds = grouped(kinds, read >= 0)

    def step(state, group):
        if state in motifs:
            return state
        after = (*state, kinds[group])
        while after not in beginnings:
            after = after[1:]
        return after

    return explored((), step, motifs.__contains__, classes)
