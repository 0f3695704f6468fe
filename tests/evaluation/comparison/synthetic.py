"""Pieces whose measures are given numbers, so that their distribution is known."""

import numpy as np

from lstm_music_jax.evaluation.comparison.pieces import Measures, Pieces
from lstm_music_jax.evaluation.measures.base import PieceMeasure, Sample


class Column(PieceMeasure):
    """A measure whose call is not type-checked, because simulations make 600,000."""

    def __call__(self, sample):
        return self.function(sample)


def column(place, name, direction, **options):
    """A measure that reads one of a piece's given numbers."""
    return Column(
        name=name,
        unit="",
        source="given",
        direction=direction,
        encodings=None,
        function=lambda sample: float(sample.trace["given"][place]),
        **options,
    )


def pieces(table):
    """One piece per row of numbers."""
    return [Sample(np.zeros(1, int), trace={"given": row}) for row in np.array(table)]


def arm(name, *tables):
    """The pieces of an arm; one table per run."""
    return Pieces(name, [pieces(table) for table in tables])


def only(*measures):
    """Measures of single pieces alone."""
    return Measures(measures, (), ())
