"""Pairs of excerpts for blind listening: one arm against the reference.

An arm is a strategy that is compared with others; the reference is one of the arms.
Both pieces of a pair have the same primer (the given beginning) and the same noise (the
random numbers), so they often begin with the same notes. A listener hears them from
shortly before the first difference. Pieces are drawn at random, because the best or the
most typical ones would say nothing about the others.
"""

from typing import NamedTuple

import numpy as np

from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.music.score import Notes, Score, Tempo

# 20 seconds in the usual tempo; and what is heard before the first difference, and at
# least after it.
QUARTERS, QUARTERS_BEFORE, LEAST_QUARTERS_AFTER = 40, 4, 4
PAIRS = 10


class Pair(NamedTuple):
    """Two excerpts to be compared by ear.

    Attributes:
      condition: how the arms were compared, such as "as set" (with hyperparameters as
        they were given).
      arm: the name of the arm.
      reference: the name of the reference.
      piece: the index of the piece among those of the arm, and of the reference.
      ours: the excerpt of the arm.
      theirs: the excerpt of the reference.
    """

    condition: str
    arm: str
    reference: str
    piece: int
    ours: Score
    theirs: Score

    @property
    def name(self) -> str:
        """The name by which votes refer to the pair: "as set: TopP(0.9), piece 17"."""
        return f"{self.condition}: {self.arm}, piece {self.piece}"


def listening_pairs(
    condition: str,
    reference: Pieces,
    arm: Pieces,
    *,
    seed: int,
    count: int = PAIRS,
    quarters: int = QUARTERS,
) -> list[Pair]:
    """Draw pairs of pieces at random, and cut an excerpt of each.

    A pair is piece i of the arm and piece i of the reference, both of the first trained
    model. Both excerpts of a pair are equally long. A pair is left out if its pieces
    have the same notes throughout, or if one of them ends within four quarter notes
    after the first difference.

    Args:
      condition: how the arms were compared, such as "as set" (with hyperparameters as
        they were given).
      reference: the pieces of the reference.
      arm: the pieces of the arm.
      seed: fixes the random order in which the indices i are tried. With one seed, all
        arms with equally many pieces have the same order.
      count: the largest number of pairs.
      quarters: the largest length of the excerpts, in quarter notes; 8 or more, to hold
        four before the first difference and four after it.
    """
    ours, theirs = arm.samples[0], reference.samples[0]
    pairs: list[Pair] = []
    for piece in np.random.default_rng(seed).permutation(len(ours)).tolist():
        if len(pairs) >= count:
            break
        excerpts = _excerpts(ours[piece].score, theirs[piece].score, quarters)
        if excerpts is not None:
            pairs.append(Pair(condition, arm.name, reference.name, piece, *excerpts))
    return pairs


def first_difference(ours: Score, theirs: Score) -> int | None:
    """Return the onset of the first note that only one of two scores has, in ticks.

    None if both have the same notes. Both scores have the same number of ticks per
    quarter.
    """
    different = set(ours.notes) ^ set(theirs.notes)
    return min((note.onset for note in different), default=None)


def _excerpts(ours: Score, theirs: Score, quarters: int) -> tuple[Score, Score] | None:
    difference, ticks = first_difference(ours, theirs), ours.ticks_per_quarter
    if difference is None:
        return None
    begin = max(0, difference - QUARTERS_BEFORE * ticks)
    end = min(begin + quarters * ticks, ours.end, theirs.end)
    if end < difference + LEAST_QUARTERS_AFTER * ticks:
        return None
    return excerpt(ours, begin, end), excerpt(theirs, begin, end)


def excerpt(score: Score, begin: int, end: int) -> Score:
    """Return the notes that begin at tick `begin` or later, but before tick `end`.

    They are moved, so that tick `begin` becomes tick 0. Notes that sound beyond `end`
    are shortened. The result is a score of one track, with the tempos of this time.
    """
    notes = score.table
    notes = notes.take((notes.onsets >= begin) & (notes.onsets < end))
    durations = np.minimum(notes.durations, end - notes.onsets)
    moved = Notes(notes.onsets - begin, notes.pitches, durations, notes.velocities)
    before = [tempo for tempo in score.tempos if tempo.tick <= begin]
    tempos = [*before[-1:], *(tempo for tempo in score.tempos if tempo.tick > begin)]
    return Score.from_notes(
        moved,
        ticks_per_quarter=score.ticks_per_quarter,
        tempos=[
            Tempo(max(0, tempo.tick - begin), tempo.quarters_per_minute)
            for tempo in tempos
            if tempo.tick < end
        ],
    )
