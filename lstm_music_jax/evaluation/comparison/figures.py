"""Figures: the values of the measures for each single piece, kept in a table.

Several comparisons use the same pieces. With the table, each value is computed only
once.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from lstm_music_jax.evaluation.comparison.pieces import Measures
from lstm_music_jax.evaluation.measures.base import PieceMeasure, Sample

# The values of one piece, by the name of the measure.
Figures = Mapping[str, float]


def figures(
    measures: Sequence[PieceMeasure], samples: Sequence[Sample]
) -> dict[str, list[float | None]]:
    """Return, for the name of each measure, its values for all pieces.

    The result can be written as JSON. It holds None where a measure is not defined for
    a piece.
    """
    return {
        measure.name: [_or_none(measure(sample)) for sample in samples]
        for measure in measures
    }


def remember(
    table: dict[Sample, Figures],
    samples: Sequence[Sample],
    found: Mapping[str, Sequence[float | None]],
) -> None:
    """Add the values of some pieces to a table, in place.

    Args:
        table: for each piece, its value of each measure, by the name of the measure.
        samples: the pieces to add.
        found: for the name of each measure, its values for these pieces, in the order
            of `samples`; None where it is not defined. `figures` returns them.
    """
    for piece, sample in enumerate(samples):
        values = {name: of_all[piece] for name, of_all in found.items()}
        table[sample] = {
            name: np.nan if value is None else value for name, value in values.items()
        }


def remembered(measures: Measures, table: Mapping[Sample, Figures]) -> Measures:
    """Return measures that look up their values in a table and compute nothing.

    Only measures of single pieces are replaced by such measures. Those of sets and
    distances stay as they are. The table holds, for each piece, its value of each
    measure, by the name of the measure.
    """
    pieces = [
        dataclasses.replace(measure, function=partial(_look_up, table, measure.name))
        for measure in measures.pieces
    ]
    return measures._replace(pieces=pieces)


def _look_up(table, name, sample):
    return table[sample][name]


def _or_none(value):
    return None if np.isnan(value) else float(value)
