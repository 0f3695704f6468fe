"""Pitch-class entropy: the variety of pitch classes within one bar or a few bars."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.notes import TICKS_PER_BAR, notes_of


def pitch_class_entropy(bars: int = 1, ticks_per_bar: int = TICKS_PER_BAR):
    """The entropy of a window's pitch-class histogram, in bits; the mean over windows.

        H = -sum over the 12 classes of h log2(h)

    A window has `bars` bars. h is the share of a pitch class among the notes that begin
    in it. A window begins at each bar, so windows of several bars overlap. Windows
    without notes are left out. A piece shorter than one window is one window. NaN for a
    piece without notes. A bar has `ticks_per_bar` ticks of 1/12 quarter note: four
    quarters by default, whatever the metre.

    Raises:
      ValueError: `bars` is below 1.

    References:
      Wu & Yang 2020, The Jazz Transformer on the Front Line,
      https://arxiv.org/abs/2008.01307.
    """
    if bars < 1:
        raise ValueError(f"bars is {bars}; it must be 1 or more")

    def function(sample: Sample) -> float:
        notes = notes_of(sample.score)
        if not len(notes.onsets):
            return float("nan")
        bar = notes.onsets // ticks_per_bar
        counts = np.zeros((max(bar[-1] + 1, bars), 12))
        np.add.at(counts, (bar, notes.pitches % 12), 1)
        windows = np.lib.stride_tricks.sliding_window_view(counts, bars, axis=0)
        totals = windows.sum(axis=-1)
        totals = totals[totals.sum(axis=1) > 0]
        shares = totals / totals.sum(axis=1, keepdims=True)
        logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
        return float(-(shares * logs).sum(axis=1).mean())

    return PieceMeasure(
        name=f"pitch-class entropy, {bars} bar{'s' if bars > 1 else ''}",
        unit="bits",
        source="Wu & Yang 2020, arXiv 2008.01307",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=NOT_NEGATIVE,
        function=function,
    )
