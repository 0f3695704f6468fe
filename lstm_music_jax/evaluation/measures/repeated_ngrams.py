"""Repeated n-grams: the share of a piece's n-grams that occurred earlier in it.

An n-gram is a sequence of n successive symbols of a piece.
"""

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.music.repetition import repetition


def repeated_ngrams(n: int = 4) -> PieceMeasure:
    """The share of n-grams that also occur earlier in their piece, called seq-rep-n.

        seq-rep-n = 1 - |{n-grams}| / (length - n + 1)

    0 for a piece shorter than n. The primer, the given beginning of a piece, counts,
    because the generated symbols can repeat it.

    References:
      Welleck et al. 2019, Neural Text Generation with Unlikelihood Training,
      https://arxiv.org/abs/1908.04319.
    """

    def function(sample: Sample) -> float:
        return repetition(sample.ids, n).repeated

    return PieceMeasure(
        name=f"repeated {n}-grams",
        unit="",
        source="Welleck et al. 2019, arXiv 1908.04319",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=SHARE,
        more="repeats more",
        less="repeats less",
        function=function,
    )
