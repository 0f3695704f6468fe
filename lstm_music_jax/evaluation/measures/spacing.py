"""Spacing: the gaps between neighbouring upper voices.

A slice is the time between two successive moments at which any note begins or ends.
"""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.four_parts import four_parts

_OCTAVE = 12


def wide_spacing() -> PieceMeasure:
    """The share of slices of four notes in which upper voices are too far apart.

    Upper voices are too far apart if there is more than an octave between tenor and
    alto, or between alto and soprano. The gap above the bass does not count. NaN for a
    piece without slices of four notes.

    References:
      Aldwell & Schachter, Harmony and Voice Leading.
    """

    def function(sample: Sample) -> float:
        pitches = four_parts(sample.score).pitches
        if not len(pitches):
            return float("nan")
        gaps = np.diff(pitches[:, 1:], axis=1)
        return float((gaps > _OCTAVE).any(axis=1).mean())

    return PieceMeasure(
        name="wide spacing",
        unit="",
        source="Aldwell & Schachter, Harmony and Voice Leading",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=SHARE,
        function=function,
    )
