"""The contract of a measure: a pure function that knows what it is good for.

There are three kinds. A `PieceMeasure` is a number for each piece. A `SetMeasure` is a
number for a set of pieces, such as its diversity. A `DistanceMeasure` compares a set
with another one, usually with human music.

A set is read once and may then be measured many times: `prepare` returns a function of
the places of pieces, which a bootstrap calls for each resample. The same place may come
several times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from jaxtyping import Int, Shaped

from lstm_music_jax.music.score import Score

NO_MUSIC = Score(())

OfPlaces = Callable[[np.ndarray], float]
OfBothPlaces = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, eq=False)
class Sample:
    """One piece to be measured, generated or human.

    Attributes:
      ids: the piece as ids, primer included.
      score: the same piece as notes; human pieces are encoded and decoded first, so
        that both sides have lost the same things.
      primer: how many ids at the beginning were given.
      trace: figures of each generated symbol by name, such as its surprisal.
    """

    ids: Int[np.ndarray, "t"]
    score: Score = NO_MUSIC
    primer: int = 0
    trace: Mapping[str, Shaped[np.ndarray, "n ..."]] = field(default_factory=dict)

    def __post_init__(self):
        if not 0 <= self.primer <= len(self.ids):
            raise ValueError(
                f"primer is {self.primer}; it must be 0 to {len(self.ids)} symbols"
            )

    @property
    def generated(self) -> Int[np.ndarray, "n"]:
        """The ids after the primer."""
        return self.ids[self.primer :]


class Direction(Enum):
    """Which values are good."""

    HUMAN = "near the human value"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True)
class Measure:
    """The description that every measure carries.

    Attributes:
      name: plain words, as they stand in a table.
      unit: of the number, "" for a share.
      source: where the measure is defined.
      direction: which values are good.
      encodings: the kinds of encodings that it is valid for, as in `Encoding.config()`;
        None for all of them.
    """

    name: str
    unit: str
    source: str
    direction: Direction
    encodings: tuple[str, ...] | None

    def valid_for(self, encoding: str) -> bool:
        """Whether the measure means something for pieces of this kind of encoding."""
        return self.encodings is None or encoding in self.encodings


@dataclass(frozen=True)
class PieceMeasure(Measure):
    """A number for each piece; NaN for a piece that it is not defined for."""

    function: Callable[[Sample], float]

    def __call__(self, sample: Sample) -> float:
        """The number for one piece."""
        return self.function(sample)


@dataclass(frozen=True)
class SetMeasure(Measure):
    """A number for a set of pieces."""

    prepare: Callable[[Sequence[Sample]], OfPlaces]

    def __call__(self, samples: Sequence[Sample]) -> float:
        """The number for all of `samples`, each taken once."""
        return float(self.prepare(samples)(np.arange(len(samples))))


@dataclass(frozen=True)
class DistanceMeasure(Measure):
    """How far a set of pieces is from another."""

    prepare: Callable[[Sequence[Sample], Sequence[Sample]], OfBothPlaces]

    def __call__(self, ours: Sequence[Sample], human: Sequence[Sample]) -> float:
        """The distance between all of `ours` and all of `human`."""
        of_places = self.prepare(ours, human)
        return float(of_places(np.arange(len(ours)), np.arange(len(human))))
