"""Groove consistency: how alike the rhythms of successive bars are."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.notes import TICKS_PER_BAR, notes_of


def groove_consistency(ticks_per_bar: int = TICKS_PER_BAR) -> PieceMeasure:
    """One minus the mean distance between the onset patterns of successive bars.

        GC = 1 - mean over bars i of hamming(g_i, g_{i+1}) / ticks_per_bar

    g_i holds 1 for each tick of bar i at which a note begins, and 0 elsewhere. The last
    bar is the one with the last onset. NaN for a piece with fewer than two bars. A tick
    is 1/12 of a quarter note. By default a bar has four quarters, whatever the metre.

    References:
      Dong et al. 2020, MusPy, https://arxiv.org/abs/2008.01951.
      Wu & Yang 2020, https://arxiv.org/abs/2008.01307 (grooving
      similarity, over all pairs of bars).
    """

    def function(sample: Sample) -> float:
        onsets = notes_of(sample.score).onsets
        bars = onsets.max(initial=-1) // ticks_per_bar + 1
        if bars < 2:
            return float("nan")
        struck = np.zeros(bars * ticks_per_bar, bool)
        struck[onsets] = True
        patterns = struck.reshape(bars, ticks_per_bar)
        return float(1 - (patterns[1:] != patterns[:-1]).mean())

    return PieceMeasure(
        name="groove consistency",
        unit="",
        source="Dong et al. 2020, MusPy, arXiv 2008.01951",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=SHARE,
        function=function,
    )
