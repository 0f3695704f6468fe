"""Doubling: the triads in which two of four voices sound the third."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.four_parts import four_parts

_THIRDS, _FIFTH = (3, 4), 7


def doubled_thirds() -> PieceMeasure:
    """The share of four-note major and minor triads whose third is doubled.

    A slice is the time between two successive moments at which any note begins or ends.
    The triads are those slices of a piece in which exactly four notes sound: root,
    third and fifth, one of them twice. Textbooks prefer a doubled root. NaN for a piece
    without such triads.

    References:
      Aldwell & Schachter, Harmony and Voice Leading.
    """

    def function(sample: Sample) -> float:
        pitches = four_parts(sample.score).pitches
        counts = np.zeros((len(pitches), 12), int)
        np.add.at(counts, (np.arange(len(pitches))[:, None], pitches % 12), 1)
        counts = counts[(counts > 0).sum(axis=1) == 3]
        triads = doubled = 0
        for third in _THIRDS:
            # Column r of each array belongs to the triad on root r. It holds the number
            # of notes of one tone: root, third or fifth.
            on_third = np.roll(counts, -third, axis=1)
            on_fifth = np.roll(counts, -_FIFTH, axis=1)
            complete = (counts > 0) & (on_third > 0) & (on_fifth > 0)
            triads += complete.sum()
            doubled += (complete & (on_third > 1)).sum()
        return float(doubled / triads) if triads else float("nan")

    return PieceMeasure(
        name="doubled thirds",
        unit="",
        source="Aldwell & Schachter, Harmony and Voice Leading",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=SHARE,
        function=function,
    )
