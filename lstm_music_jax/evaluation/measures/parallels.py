"""Parallel fifths and octaves, the classical faults of four-part writing.

A slice is the time between two successive moments at which any note begins or ends.
A transition leads from a slice of four notes directly to another slice of four notes
with different pitches. Four voices form six pairs. A pair is parallel in a transition
if both voices rise or both fall, and their interval modulo an octave is a fifth before
and after, or an octave before and after.

References:
  Aldwell & Schachter, Harmony and Voice Leading.
"""

from itertools import combinations

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.four_parts import VOICES, four_parts

_FIFTH, _OCTAVE = 7, 0


def parallel_fifths() -> PieceMeasure:
    """The number of parallel fifths per 100 transitions; Bach's chorales have 0.35.

    NaN for a piece without transitions.
    """
    return _parallels("parallel fifths", _FIFTH)


def parallel_octaves() -> PieceMeasure:
    """The number of parallel octaves per 100 transitions; Bach's chorales have 0.30.

    NaN for a piece without transitions.
    """
    return _parallels("parallel octaves", _OCTAVE)


def _parallels(name: str, interval: int) -> PieceMeasure:
    def function(sample: Sample) -> float:
        before, after = four_parts(sample.score).transitions()
        if not len(before):
            return float("nan")
        motion = np.sign(after - before)
        found = 0
        for low, high in combinations(range(len(VOICES)), 2):
            alike = (motion[:, low] == motion[:, high]) & (motion[:, low] != 0)
            for pitches in (before, after):
                alike &= (pitches[:, high] - pitches[:, low]) % 12 == interval
            found += alike.sum()
        return float(100 * found / len(before))

    return PieceMeasure(
        name=name,
        unit="per 100 transitions",
        source="Aldwell & Schachter, Harmony and Voice Leading",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=NOT_NEGATIVE,
        function=function,
    )
