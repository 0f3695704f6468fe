"""A suffix automaton, which finds the passages of a sequence in a collection of pieces.

A passage is a sequence of successive symbols.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int


class SuffixAutomaton:
    """An automaton that can read exactly the passages of the pieces.

    Building it takes time in proportion to the total length of the pieces. Matching a
    sequence takes time in proportion to its length. A unique separator follows each
    piece, so no passage crosses the border of two pieces. The ids of pieces are 0 or
    more. The id -1 in a matched sequence matches nothing, and smaller ids are those of
    the separators.

    Raises:
      ValueError: a piece holds a negative id.

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
        # Each state has transitions, a suffix link, the length of the longest passage
        # that leads to it, and the first position in the text at which this passage
        # ends.
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
                    # Longer passages, which do not end at this position, lead to the
                    # target too.
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
        """Return the matching statistics of `ids`.

        For each position of `ids`, they say which is the longest passage that ends
        there and also occurs in a piece. Ids are -1 or more.

        Returns:
          For each position of `ids`, the length of the passage; 0 where no piece has
          the id.
          For each position, where one occurrence of the passage ends, counted from the
          start of all pieces joined. `locate` finds the piece from it.
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

    def without_separators(
        self,
    ) -> tuple[list[dict[int, int]], list[int], list[int]]:
        """Return the states that are reached without crossing the border of two pieces.

        Returns:
          For each state, the state after each symbol that can follow, the number of the
          state that its suffix link leads to, and the length of its longest passage.
          State 0 is the start, and links to itself. The length may be too large,
          because it may count symbols of an earlier piece. It is exact for every state
          that a suffix link leads to.
        """
        number = {0: 0}
        order = [0]
        for state in order:
            for symbol, target in self._transitions[state].items():
                if symbol >= 0 and target not in number:
                    number[target] = len(order)
                    order.append(target)
        transitions = [
            {
                symbol: number[target]
                for symbol, target in self._transitions[state].items()
                if symbol >= 0
            }
            for state in order
        ]
        links = [number[max(self._links[state], 0)] for state in order]
        return transitions, links, [self._lengths[state] for state in order]

    def locate(self, length: int, end: int) -> tuple[int, int]:
        """Return which piece holds a passage, and where in the piece it starts.

        The piece is given by its index in the argument `pieces` of the class.

        Args:
          length: length of the passage, as `match` returned it.
          end: where the passage ends, as `match` returned it.
        """
        start = end - length
        piece = int(np.searchsorted(self._starts, start, side="right")) - 1
        return piece, int(start - self._starts[piece])
