"""Voice ranges: whether each voice of a chorale can be sung.

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

# Bass E2-D4, tenor C3-A4, alto G3-D5, soprano C4-A5.
_LOWEST = np.array([40, 48, 55, 60])
_HIGHEST = np.array([62, 69, 74, 81])


def out_of_range() -> PieceMeasure:
    """The share of slices of four notes in which any voice is out of its range.

    The ranges are bass E2 to D4, tenor C3 to A4, alto G3 to D5, soprano C4 to A5. NaN
    for a piece without slices of four notes.

    References:
      Aldwell & Schachter, Harmony and Voice Leading (including the extremes that they
      allow).
    """

    def function(sample: Sample) -> float:
        pitches = four_parts(sample.score).pitches
        if not len(pitches):
            return float("nan")
        outside = (pitches < _LOWEST) | (pitches > _HIGHEST)
        return float(outside.any(axis=1).mean())

    return PieceMeasure(
        name="voices out of range",
        unit="",
        source="Aldwell & Schachter, Harmony and Voice Leading",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=SHARE,
        function=function,
    )
