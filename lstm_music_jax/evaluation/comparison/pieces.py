"""The inputs of a comparison: the pieces of each strategy, and the measures."""

from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.evaluation.measures.base import (
    DistanceMeasure,
    PieceMeasure,
    Sample,
    SetMeasure,
)


class Pieces(NamedTuple):
    """The pieces of one arm or anchor.

    An arm is a strategy that is compared. An anchor is other music that is shown beside
    the arms, such as music of an n-gram model.

    Attributes:
      name: the name of the arm or anchor in tables.
      samples: for each run, the pieces. A run is one trained model. All arms have the
        same number of runs and of pieces. Piece i has the same primer (the given
        beginning) and the same noise (random numbers) in all arms.
    """

    name: str
    samples: Sequence[Sequence[Sample]]


class Measures(NamedTuple):
    """The measures of a comparison, in one list per kind.

    Attributes:
      pieces: measures of one piece.
      sets: measures of a set of pieces.
      distances: measures of the distance between a set and the human pieces.
    """

    pieces: Sequence[PieceMeasure]
    sets: Sequence[SetMeasure]
    distances: Sequence[DistanceMeasure]
