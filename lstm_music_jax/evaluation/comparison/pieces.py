"""What a comparison takes: the pieces of each strategy, and the measures."""

from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.evaluation.measures.base import (
    DistanceMeasure,
    PieceMeasure,
    Sample,
    SetMeasure,
)


class Pieces(NamedTuple):
    """The pieces of an arm, which is a strategy to compare, or of an anchor.

    Attributes:
      name: the name in tables.
      samples: for each run, the pieces. All arms have the same number of runs and of
        pieces. Piece i has the same primer and the same noise in all arms.
    """

    name: str
    samples: Sequence[Sequence[Sample]]


class Measures(NamedTuple):
    """The measures of a comparison, by kind.

    Attributes:
      pieces: measures of one piece.
      sets: measures of a set of pieces.
      distances: measures of the distance between a set and the human pieces.
    """

    pieces: Sequence[PieceMeasure]
    sets: Sequence[SetMeasure]
    distances: Sequence[DistanceMeasure]
