"""Longest loop: the longest stretch of a piece that goes round in circles."""

from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.music.repetition import repetition


def longest_loop(longest_period: int = 64) -> PieceMeasure:
    """The longest stretch that repeats itself immediately, in symbols.

    A stretch of L symbols is a loop of period p, if L >= 2 p and each symbol from the
    (p+1)-th on equals the one p places earlier. The primer counts.

    References:
      Holtzman et al. 2020, The Curious Case of Neural Text Degeneration,
      https://arxiv.org/abs/1904.09751 (repetition loops).
    """

    def function(sample: Sample) -> float:
        return float(repetition(sample.ids, 4, longest_period).longest_loop)

    return PieceMeasure(
        name="longest loop",
        unit="symbols",
        source="Holtzman et al. 2020, arXiv 1904.09751 (loops)",
        direction=Direction.HUMAN,
        encodings=None,
        function=function,
    )
