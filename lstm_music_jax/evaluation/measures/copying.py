"""Copying: the passages of a piece that also occur in the training pieces.

A passage is a sequence of successive symbols. It is copied if a training piece holds
the same symbols, optionally after transposition. Generated symbols are those after the
primer, which is the given beginning of a piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from lstm_music_jax.automata.suffix_automaton import SuffixAutomaton
from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.music.transposition import spelled_once

_SOURCE = "Chang & Lawler 1994 (matching statistics)"


@dataclass(frozen=True)
class Copy:
    """A passage of a piece that also occurs in a training piece.

    Attributes:
      length: length of the passage, in symbols; 0 if no symbol was copied.
      start: position in the piece at which the passage starts.
      piece: index of the training piece.
      piece_start: position in the training piece at which the passage starts.
      semitones: number of semitones by which the passage must be raised to equal the
        training piece.
    """

    length: int
    start: int
    piece: int
    piece_start: int
    semitones: int


class CopyIndex:
    """An index of the training pieces that finds copied passages.

    With a table of transpositions, a passage also counts as copied if one of its
    transpositions occurs in a training piece. For each transposition, the table says
    which id replaces each id. Symbols without a pitch stay the same. Symbols that sound
    the same, such as C#4 and D-4, then count as equal, if the vocabulary has any of
    their transpositions.
    """

    def __init__(
        self,
        training: Sequence[Int[np.ndarray, "_"]],
        transpositions: Int[np.ndarray, "s v"] | None = None,
    ):
        """Make an index of the training pieces.

        Args:
          training: the symbol ids of each training piece.
          transpositions: a table from `transposition_table`. Row n + i holds each id
            shifted by i semitones, -n <= i <= n, and -1 where there is no such id.
            With None, only exact copies are found.
        """
        if transpositions is None:
            size = 1 + max((piece.max(initial=0) for piece in training), default=0)
            transpositions = np.arange(size)[None]
        self._highest = len(transpositions) // 2
        self._table = spelled_once(transpositions)
        same = self._table[self._highest]
        self._automaton = SuffixAutomaton([same[piece] for piece in training])

    def longest(self, ids: Int[np.ndarray, "t"]) -> Copy:
        """The longest copied passage of a piece, given the ids of its symbols.

        Of equally long ones it is that with the smallest transposition. If no symbol
        was copied, its length is 0.
        """
        best = Copy(0, 0, 0, 0, 0)
        for semitones, (lengths, ends) in self._matches(ids):
            last = int(lengths.argmax()) if len(lengths) else 0
            length = int(lengths.max(initial=0))
            shorter_way = abs(semitones) < abs(best.semitones)
            if length > best.length or (length == best.length > 0 and shorter_way):
                piece, piece_start = self._automaton.locate(length, int(ends[last]))
                start = last + 1 - length
                best = Copy(length, start, piece, piece_start, semitones)
        return best

    def passages(self, ids: Int[np.ndarray, "t"], k: int) -> list[Copy]:
        """The copied passages of a piece that have k symbols or more.

        A passage that lies inside a longer copied passage is left out. The passages are
        sorted by their starts, and may overlap. If several transpositions of a passage
        occur in training pieces, it is listed once, with the smallest transposition.

        Raises:
          ValueError: k is below 1.
        """
        _require_length(k)
        found: dict[tuple[int, int], Copy] = {}
        for semitones, (lengths, ends) in self._matches(ids):
            longer = np.append(lengths[1:] == lengths[:-1] + 1, False)[: len(ids)]
            for last in np.flatnonzero((lengths >= k) & ~longer).tolist():
                length = int(lengths[last])
                key = last + 1 - length, last
                if key in found and abs(found[key].semitones) <= abs(semitones):
                    continue
                piece, start = self._automaton.locate(length, int(ends[last]))
                found[key] = Copy(length, key[0], piece, start, semitones)
        passages: list[Copy] = []
        reached = -1
        # Of passages with the same start, the longest comes first.
        for (_, last), copy in sorted(
            found.items(), key=lambda item: (item[0][0], -item[0][1])
        ):
            if last > reached:
                passages.append(copy)
                reached = last
        return passages

    def copied_share(self, ids: Int[np.ndarray, "t"], k: int) -> float:
        """The share of a piece's symbols in copied passages of k symbols or more.

        Returns:
          A share in [0, 1]; NaN if `ids` is empty.

        Raises:
          ValueError: k is below 1.
        """
        _require_length(k)
        if not len(ids):
            return float("nan")
        # The cumulative sum of `changes` is the number of passages at each symbol.
        changes = np.zeros(len(ids) + 1, int)
        for _, (lengths, _) in self._matches(ids):
            ends = np.flatnonzero(lengths >= k) + 1
            np.add.at(changes, ends - lengths[ends - 1], 1)
            np.add.at(changes, ends, -1)
        return float((np.cumsum(changes)[:-1] > 0).mean())

    def _matches(self, ids: Int[np.ndarray, "t"]):
        for row, table in enumerate(self._table):
            # Without a table of transpositions, an id that no training piece has can
            # lie beyond the table's end.
            known = ids < len(table)
            shifted = np.where(known, table[np.where(known, ids, 0)], -1)
            yield row - self._highest, self._automaton.match(shifted)


def human_copy_length(
    index: CopyIndex, human: Sequence[Sample], percentile: float = 95
) -> int:
    """The length, in symbols, beyond which copied passages are rare in human pieces.

    In each human piece, the longest passage after the primer that also occurs in a
    training piece is found. The result is a percentile of the lengths of these
    passages, rounded up to a whole number, and at least 1.

    Args:
      index: the training pieces.
      human: human pieces that are not training pieces. They should be as long as the
        generated pieces, because longer pieces share longer passages with training
        pieces.
      percentile: which percentile to take, in [0, 100].

    Raises:
      ValueError: `human` is empty.
    """
    if not human:
        raise ValueError("human is empty; a percentile needs pieces")
    longest = [index.longest(sample.generated).length for sample in human]
    return max(1, int(np.ceil(np.percentile(longest, percentile))))


def longest_copy(index: CopyIndex, name: str = "longest copied run") -> PieceMeasure:
    """The length of the longest passage of generated symbols that was copied.

    A passage is copied if it also occurs in a training piece. The result is a measure.

    Args:
      index: the training pieces.
      name: the measure's name, which should say whether transposed copies count.
    """
    return PieceMeasure(
        name=name,
        unit="symbols",
        source=_SOURCE,
        direction=Direction.LOWER,
        encodings=None,
        bounds=NOT_NEGATIVE,
        more="copies longer passages",
        less="copies shorter passages",
        orders=False,
        function=lambda sample: float(index.longest(sample.generated).length),
    )


def copied_share(index: CopyIndex, k: int, name: str = "copied") -> PieceMeasure:
    """The share of generated symbols that are inside copied passages.

    A passage counts if it has k symbols or more and also occurs in a training piece.
    The result is a measure, which is NaN for a piece without generated symbols.

    Args:
      index: the training pieces.
      k: length of the shortest passage that counts; see `human_copy_length`.
      name: the measure's name, which should say whether transposed copies count.
    """
    return PieceMeasure(
        name=f"{name} ({k} symbols or more)",
        unit="",
        source=_SOURCE,
        direction=Direction.LOWER,
        encodings=None,
        bounds=SHARE,
        more="copies more",
        less="copies less",
        orders=False,
        function=lambda sample: index.copied_share(sample.generated, k),
    )


def _require_length(k):
    if k < 1:
        raise ValueError(f"k is {k}; it must be 1 symbol or more")
