"""An automaton that finds, among given sequences, those that the next symbol completes.

A stream is a sequence that is generated. A symbol completes a given sequence if it is
the last symbol of that sequence, and the stream so far ends with the symbols before it.
These symbols, the sequence without its last symbol, are the beginning of the sequence.
A letter is a number that stands for a symbol: from 1 on for a symbol that occurs in a
beginning, and 0 for all others.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int


class Matching(NamedTuple):
    """An Aho-Corasick automaton of the beginnings of sequences.

    A state stands for the longest passage at the end of the stream that is a prefix of
    some beginning. State 0 stands for the empty passage.

    Attributes:
        letters: for each id, its letter. The last entry serves for all larger ids too.
        moves: the next state, for each state and letter.
        completing: for each state, the indices of the sequences that the next symbol
            can complete; shorter rows are filled with the number of sequences.
    """

    letters: Int[np.ndarray, "symbols"]
    moves: Int[np.ndarray, "states letters"]
    completing: Int[np.ndarray, "states m"]


@cache
def matching(sequences: tuple[tuple[int, ...], ...]) -> Matching:
    """Return the automaton that finds which of the sequences the next symbol completes.

    Args:
        sequences: one or more sequences of ids, none of them empty.
    """
    used = sorted({symbol for sequence in sequences for symbol in sequence[:-1]})
    letters = np.zeros(max(used, default=-1) + 2, np.int32)
    letters[used] = np.arange(1, len(used) + 1)
    children, completing = _trie(sequences, letters)
    moves = np.zeros((len(children), len(used) + 1), np.int32)
    # Breadth first, because a state copies the moves of a state with a shorter passage.
    queue = [(0, 0)]
    for state, shorter in queue:
        if state:
            moves[state] = moves[shorter]
            completing[state] += completing[shorter]
        for letter, child in children[state].items():
            queue.append((child, int(moves[state, letter])))
            moves[state, letter] = child
    width = max(map(len, completing))
    rows = [row + [len(sequences)] * (width - len(row)) for row in completing]
    return Matching(letters, moves, np.array(rows, np.int32))


def _trie(sequences, letters):
    """Return the trie of the beginnings of sequences.

    Each state stands for a prefix of a beginning. State 0 is the empty prefix. The
    child of a state stands for a prefix that is one letter longer.

    Args:
        sequences: the sequences of ids.
        letters: the letter of each id.

    Returns:
        For each state, its children: a dictionary from letters to states.
        For each state, the indices of the sequences whose beginning it stands for.
    """
    children, completing = [{}], [[]]
    for number, sequence in enumerate(sequences):
        state = 0
        for letter in letters[list(sequence[:-1])].tolist():
            if letter not in children[state]:
                children[state][letter] = len(children)
                children.append({})
                completing.append([])
            state = children[state][letter]
        completing[state].append(number)
    return children, completing
