"""Copying: which runs of a piece stand in the training pieces, symbol for symbol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.evaluation.measures.suffix_automaton import SuffixAutomaton

_SOURCE = "Chang & Lawler 1994 (matching statistics)"


@dataclass(frozen=True)
class Copy:
    """A run of a piece that also stands in a training piece.

    Attributes:
      length: of the run, in symbols; 0 if not a single symbol was copied.
      start: where it starts in the sequence that was searched.
      piece: number of the training piece.
      piece_start: where it starts there.
      semitones: by how much the sequence must be raised to equal the training piece.
    """

    length: int
    start: int
    piece: int
    piece_start: int
    semitones: int


class CopyIndex:
    """The training pieces, ready to be searched for copied runs.

    Up to transposition, a run is copied if some transposition of it is. Every id is
    looked up in a table, so a run has as many symbols as its exact copy, and symbols
    that have no pitch stay what they are.
    """

    def __init__(
        self,
        training: Sequence[Int[np.ndarray, "_"]],
        transpositions: Int[np.ndarray, "s v"] | None = None,
    ):
        """Read the training pieces.

        Args:
          training: their ids.
          transpositions: the transposed id of each id, -1 where there is none, as
            `transposition_table` makes it: row n + i is the shift by i semitones, up to
            n semitones either way. None searches for exact copies only.
        """
        if transpositions is None:
            size = 1 + max((piece.max(initial=0) for piece in training), default=0)
            transpositions = np.arange(size)[None]
        self._highest = len(transpositions) // 2
        self._table = np.array(transpositions, int)
        # Ids that sound alike become one, since a transposition knows one of them only.
        self._table[self._highest] = _one_id_a_sound(self._table)
        same = self._table[self._highest]
        self._automaton = SuffixAutomaton([same[piece] for piece in training])

    def longest(self, ids: Int[np.ndarray, "t"]) -> Copy:
        """The longest copied run; of equally long ones, that of the smallest shift."""
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

    def copied_share(self, ids: Int[np.ndarray, "t"], k: int) -> float:
        """The share of symbols that lie inside a copied run of k symbols or more."""
        if k < 1:
            raise ValueError(f"k is {k}; it must be 1 symbol or more")
        if not len(ids):
            return float("nan")
        # One is added where a run starts and taken away where it has ended.
        changes = np.zeros(len(ids) + 1, int)
        for _, (lengths, _) in self._matches(ids):
            ends = np.flatnonzero(lengths >= k) + 1
            np.add.at(changes, ends - lengths[ends - 1], 1)
            np.add.at(changes, ends, -1)
        return float((np.cumsum(changes)[:-1] > 0).mean())

    def _matches(self, ids: Int[np.ndarray, "t"]):
        for row, table in enumerate(self._table):
            # An id that no training piece has lies behind the table's end.
            known = ids < len(table)
            shifted = np.where(known, table[np.where(known, ids, 0)], -1)
            yield row - self._highest, self._automaton.match(shifted)


def human_run_length(
    index: CopyIndex, human: Sequence[Sample], percentile: float = 95
) -> int:
    """The k that only the longest runs of human pieces exceed.

    That is the percentile of the longest runs that human pieces share with the training
    pieces, rounded up. The human pieces must not be among the training pieces, and must
    be cut to the length of the generated ones, because longer pieces share longer runs.
    """
    if not human:
        raise ValueError("human is empty; a percentile needs pieces")
    longest = [index.longest(sample.generated).length for sample in human]
    return max(1, int(np.ceil(np.percentile(longest, percentile))))


def longest_copy(index: CopyIndex, name: str = "longest copied run") -> PieceMeasure:
    """The longest run of generated symbols that also stands in a training piece.

    Args:
      index: the training pieces.
      name: of the measure; says whether transposed runs count.
    """
    return PieceMeasure(
        name=name,
        unit="symbols",
        source=_SOURCE,
        direction=Direction.LOWER,
        encodings=None,
        function=lambda sample: float(index.longest(sample.generated).length),
    )


def copied_share(index: CopyIndex, k: int, name: str = "copied") -> PieceMeasure:
    """The share of generated symbols inside copied runs of k symbols or more.

    Args:
      index: the training pieces.
      k: the shortest run that counts, as `human_run_length` finds it.
      name: of the measure; says whether transposed runs count.
    """
    return PieceMeasure(
        name=f"{name} (runs of {k} or more)",
        unit="",
        source=_SOURCE,
        direction=Direction.LOWER,
        encodings=None,
        function=lambda sample: index.copied_share(sample.generated, k),
    )


def _one_id_a_sound(table: Int[np.ndarray, "s v"]) -> Int[np.ndarray, "v"]:
    """The id that stands for each id's sound: there and back by any transposition."""
    highest = len(table) // 2
    result = table[highest].copy()
    found = np.zeros(len(result), bool)
    for semitones in range(1, highest + 1):
        for up, down in ((semitones, -semitones), (-semitones, semitones)):
            there = table[highest + up]
            back = np.where(there >= 0, table[highest + down][there], -1)
            new = (back >= 0) & ~found
            result[new] = back[new]
            found |= new
    return result
