"""Structureness: the degree to which a passage of a piece comes back.

A piece is divided into frames of equal length. A segment is a range of successive
frames. Its fitness, in [0, 1), says to what degree the piece consists of its repeats.
"""

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.fitness import fitness
from lstm_music_jax.evaluation.measures.self_similarity import chroma, self_similarity
from lstm_music_jax.music.score import TICKS_PER_QUARTER


def structureness(
    shortest: int, longest: int, frame: int = TICKS_PER_QUARTER
) -> PieceMeasure:
    """The largest fitness of any segment of `shortest` to `longest` frames.

        SI = max of fitness(segment) over all segments of these lengths

    Wu & Yang compute it from audio. Here the self-similarity is computed from the
    chroma of the notes; see `self_similarity.py` and `fitness.py`. NaN for a piece that
    is not longer than the shortest segment, because nothing can come back in it.

    Args:
      shortest: length of the shortest segments, in frames.
      longest: length of the longest segments, in frames.
      frame: length of a frame, in ticks of 1/12 quarter note; by default a quarter.

    Raises:
      ValueError: `shortest` is below 1 or above `longest`.

    References:
      Wu & Yang 2020, https://arxiv.org/abs/2008.01307.
    """
    if not 1 <= shortest <= longest:
        raise ValueError(
            f"shortest is {shortest}; it must be 1 to longest, which is {longest}"
        )

    def function(sample: Sample) -> float:
        features = chroma(sample.score, frame)
        if len(features) <= shortest:
            return float("nan")
        values = fitness(self_similarity(features), shortest, longest)
        return float(np.max(values))

    return PieceMeasure(
        name=f"structureness, {shortest} to {longest} frames",
        unit="",
        source="Wu & Yang 2020, arXiv 2008.01307",
        direction=Direction.HUMAN,
        encodings=("events",),
        bounds=SHARE,
        function=function,
    )
