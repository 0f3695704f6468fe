"""Longest loop: the longest passage that consists of one pattern, played repeatedly."""

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.music.repetition import repetition


def longest_loop(longest_period: int = 64) -> PieceMeasure:
    """The length of the longest loop, in symbols; 0 without a loop.

    A passage of L symbols is a loop of period p if L >= 2 p and each symbol from the
    (p+1)-th on equals the symbol p positions earlier. Periods up to `longest_period`
    symbols are searched. The primer, the given beginning of a piece, counts.

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
        bounds=NOT_NEGATIVE,
        function=function,
    )
