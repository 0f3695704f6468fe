"""The contract of a measure: a pure function with a name, a unit and a source.

There are three kinds of measures. A `PieceMeasure` gives a number for each piece. A
`SetMeasure` gives a number for a set of pieces, such as its diversity. A
`DistanceMeasure` gives the distance of two sets, usually generated and human music.

A bootstrap measures many resamples of one set. So measures of sets and distances have a
function `prepare`, which reads the pieces once. It returns a function that measures all
resamples at once, `[r]`. The argument of that function is float64 `[r b]`: the number
of times that each of r resamples holds each of b pieces. A distance takes two such
arguments, one per set.

The primer is the given beginning that a generated piece continues. The trace holds
figures of each generated symbol, such as its surprisal under a model.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from jaxtyping import Float, Int, Shaped

from lstm_music_jax.music.score import Score

NO_MUSIC = Score(())

# Bounds of measures.
SHARE, NOT_NEGATIVE, ANY = (0.0, 1.0), (0.0, math.inf), (-math.inf, math.inf)

# `prepare` returns such a function: from counts of pieces, `[r b]`, to the value of
# each resample.
OfCounts = Callable[[Float[np.ndarray, "r b"]], Float[np.ndarray, "r"]]
OfBothCounts = Callable[
    [Float[np.ndarray, "r b"], Float[np.ndarray, "r c"]], Float[np.ndarray, "r"]
]


@dataclass(frozen=True, eq=False)
class Sample:
    """One piece to be measured, generated or human.

    Attributes:
      ids: the symbol ids of the piece, primer included.
      score: the notes of the piece. A human piece is encoded and decoded first, so that
        it loses the same details as a generated piece.
      primer: number of ids at the beginning that were given and not generated.
      trace: figures by name, such as "surprisal", each with one row or one value per
        generated symbol.
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
        """The symbol ids after the primer."""
        return self.ids[self.primer :]


class Direction(Enum):
    """Which values of a measure are good.

    HUMAN: those near the value of human music. LOWER: low ones. NONE: the measure
    describes the music, and does not say which values are good.
    """

    HUMAN = "near the human value"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True)
class Measure:
    """The description of a measure: its name, its unit and its good values.

    Attributes:
      name: the name in tables, in plain words.
      unit: unit of the values; "" for numbers without a unit, such as shares.
      source: the publication that defines the measure.
      direction: the values that are good.
      encodings: the encodings for which it is meaningful, such as "events", by the
        names that `Encoding.config()` gives as "kind"; None for all encodings.
      more: what a piece with a larger value does, in words, such as "repeats more".
      less: what a piece with a smaller value does, in words, such as "repeats less".
      orders: whether music of a worse model must have worse values. A comparison checks
        this with music of n-gram models, and marks a measure that fails as not valid.
        It is False for measures of copying, because random symbols copy least.
      bounds: the smallest and the largest value that the measure can have. Confidence
        intervals are cut there.
    """

    name: str
    unit: str
    source: str
    direction: Direction
    encodings: tuple[str, ...] | None
    more: str = field(default="", kw_only=True)
    less: str = field(default="", kw_only=True)
    orders: bool = field(default=True, kw_only=True)
    bounds: tuple[float, float] = field(default=ANY, kw_only=True)

    def __post_init__(self):
        for phrase, kind in (("more", "higher"), ("less", "lower")):
            if not getattr(self, phrase):
                text = f"has a {kind} value of {self.name}"
                object.__setattr__(self, phrase, text)

    def valid_for(self, encoding: str) -> bool:
        """Whether the measure is meaningful for an encoding, given by its name."""
        return self.encodings is None or encoding in self.encodings


@dataclass(frozen=True)
class PieceMeasure(Measure):
    """A measure of one piece.

    Attributes:
      function: returns the value for a piece; NaN where it is not defined for it.
    """

    function: Callable[[Sample], float]

    def __call__(self, sample: Sample) -> float:
        """The value for one piece."""
        return self.function(sample)


@dataclass(frozen=True)
class SetMeasure(Measure):
    """A measure of a set of pieces, such as its diversity.

    Attributes:
      prepare: reads a set of pieces, and returns a function that measures resamples of
        it; see the top of this module.
    """

    prepare: Callable[[Sequence[Sample]], OfCounts]

    def __call__(self, samples: Sequence[Sample]) -> float:
        """The value for a set of pieces, each counted once."""
        return float(self.prepare(samples)(np.ones((1, len(samples))))[0])


@dataclass(frozen=True)
class DistanceMeasure(Measure):
    """A distance between two sets of pieces, usually generated and human ones.

    Attributes:
      prepare: reads both sets, and returns a function that measures resamples of them;
        see the top of this module.
    """

    prepare: Callable[[Sequence[Sample], Sequence[Sample]], OfBothCounts]

    def __call__(self, ours: Sequence[Sample], human: Sequence[Sample]) -> float:
        """The distance between two sets of pieces, each piece counted once."""
        of_counts = self.prepare(ours, human)
        return float(of_counts(np.ones((1, len(ours))), np.ones((1, len(human))))[0])
