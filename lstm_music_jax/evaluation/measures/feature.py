"""Features: properties with many values per piece, such as the durations of notes.

A measure, in contrast, has one value per piece.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample


@dataclass(frozen=True)
class Feature:
    """A property of music with any number of values per piece, such as one per note.

    Attributes:
      name: the name in tables, in plain words.
      unit: unit of the values.
      source: the publication that defines the feature.
      encodings: the encodings, by name, for which it is valid; None for all of them.
      values: a function that returns all values of a piece.
    """

    name: str
    unit: str
    source: str
    encodings: tuple[str, ...] | None
    values: Callable[[Sample], Shaped[np.ndarray, "values"]]


def mean_of(feature: Feature) -> PieceMeasure:
    """The measure that is the mean of a feature's values; NaN if a piece has none."""

    def function(sample: Sample) -> float:
        values = feature.values(sample)
        return float(values.mean()) if len(values) else float("nan")

    return PieceMeasure(
        name=f"mean {feature.name}",
        unit=feature.unit,
        source=feature.source,
        direction=Direction.HUMAN,
        encodings=feature.encodings,
        function=function,
    )


def as_feature(measure: PieceMeasure) -> Feature:
    """A measure as a feature: one value per piece, or no value where it is NaN."""

    def values(sample: Sample) -> np.ndarray:
        value = np.array([measure(sample)])
        return value[~np.isnan(value)]

    return Feature(
        measure.name, measure.unit, measure.source, measure.encodings, values
    )
