"""A suffix automaton: where the runs of a sequence occur in a collection of pieces."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int


class SuffixAutomaton:
    """The smallest automaton that reads every run of every piece, and nothing else.

    Building it takes time in proportion to the symbols of the pieces, matching a
    sequence takes time in proportion to its own. Pieces are joined by separators that
    occur nowhere else, so no run crosses the border of two pieces. Ids are 0 or more; a
    negative id in a matched sequence matches nothing.

    References:
      Blumer et al. 1985, The Smallest Automaton Recognizing the Subwords of a Text.
      Chang & Lawler 1994, Sublinear Approximate String Matching and Biological
      Applications (matching statistics).
    """

    def __init__(self, pieces: Sequence[Int[np.ndarray, "_"]]):
        for number, piece in enumerate(pieces):
            if piece.min(initial=0) < 0:
                raise ValueError(
                    f"pieces holds id {piece.min()} in piece {number}; "
                    "ids must be 0 or more"
                )
        sizes = np.array([len(piece) for piece in pieces], int)
        # Each piece is followed by one separator.
        self._starts = np.concatenate([[0], np.cumsum(sizes + 1)[:-1]])
        text: list[int] = []
        for number, piece in enumerate(pieces):
            text += piece.tolist()
            text.append(-2 - number)
        self._build(text)

    def _build(self, text: list[int]) -> None:
        # Of each state: its transitions, its suffix link, the length of its longest
        # run, and where this run first ends in the text.
        transitions: list[dict[int, int]] = [{}]
        links, lengths, ends = [-1], [0], [0]
        last = 0
        for end, symbol in enumerate(text, start=1):
            current = len(links)
            transitions.append({})
            links.append(0)
            lengths.append(end)
            ends.append(end)
            state = last
            while state >= 0 and symbol not in transitions[state]:
                transitions[state][symbol] = current
                state = links[state]
            if state >= 0:
                target = transitions[state][symbol]
                if lengths[target] > lengths[state] + 1:
                    # The target also holds longer runs, which do not end here.
                    clone = len(links)
                    transitions.append(transitions[target].copy())
                    links.append(links[target])
                    lengths.append(lengths[state] + 1)
                    ends.append(ends[target])
                    links[target] = clone
                    while state >= 0 and transitions[state].get(symbol) == target:
                        transitions[state][symbol] = clone
                        state = links[state]
                    target = clone
                links[current] = target
            last = current
        self._transitions, self._links = transitions, links
        self._lengths, self._ends = lengths, ends

    def match(
        self, ids: Int[np.ndarray, "t"]
    ) -> tuple[Int[np.ndarray, "t"], Int[np.ndarray, "t"]]:
        """Matching statistics: the longest run of the pieces that ends at each id.

        Returns:
          The length of each run, 0 where the id itself is unknown; and the place in the
          joined pieces just behind one occurrence of it, for `locate`.
        """
        transitions, links = self._transitions, self._links
        lengths, ends = self._lengths, self._ends
        state, length = 0, 0
        found_lengths, found_ends = [], []
        for symbol in ids.tolist():
            following = transitions[state].get(symbol)
            while following is None and state:
                state = links[state]
                length = lengths[state]
                following = transitions[state].get(symbol)
            if following is not None:
                state = following
                length += 1
            found_lengths.append(length)
            found_ends.append(ends[state])
        return np.array(found_lengths, int), np.array(found_ends, int)

    def locate(self, length: int, end: int) -> tuple[int, int]:
        """The piece that a run of `match` occurs in, and where it starts there."""
        start = end - length
        piece = int(np.searchsorted(self._starts, start, side="right")) - 1
        return piece, int(start - self._starts[piece])
