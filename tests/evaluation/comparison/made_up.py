"""Comparisons whose results are made up."""

from lstm_music_jax.evaluation.comparison.results import (
    HUMAN,
    Comparison,
    Difference,
    Interval,
    Row,
    Value,
)
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure

REFERENCE = "ancestral sampling"


def row(name, direction=Direction.HUMAN, *, primary=True, valid=None, **options):
    """A measure of pieces as a row of the tables."""
    options = {"unit": "", "source": "", "encodings": None} | options
    measure = PieceMeasure(name, direction=direction, function=len, **options)
    return Row.of(measure, "piece", primary=primary, valid=valid)


def interval(value, reach=0.1):
    return Interval(value, value - reach, value + reach)


def difference(change, *, p=0.5, adjusted=None, detectable=0.02, reach=0.1):
    """A difference; the adjusted p-value is p itself unless it is given."""
    adjusted = p if adjusted is None else adjusted
    return Difference(
        interval(change, reach), None, p, adjusted, interval(0.5), detectable, 0
    )


def comparison(rows, differences, *, anchors=(), values=None, order=()):
    """A comparison with ancestral sampling.

    Args:
        rows: the measures.
        differences: for each arm, one difference per measure.
        anchors: names of the anchors beside the human pieces.
        values: for each name, one value per measure; by default, all are 0.5.
        order: as in `Comparison`.
    """
    arms, anchors = (REFERENCE, *differences), (HUMAN, *anchors)
    default = [Value(interval(0.5), 0, 0.2)] * len(rows)
    names = [row.name for row in rows]
    return Comparison(
        reference=REFERENCE,
        arms=arms,
        anchors=anchors,
        rows=tuple(rows),
        values={
            name: dict(zip(names, (values or {}).get(name, default), strict=True))
            for name in (*anchors, *arms)
        },
        differences={
            arm: dict(zip(names, of_arm, strict=True))
            for arm, of_arm in differences.items()
        },
        pieces=256,
        runs=1,
        human_pieces=30,
        order=tuple(map(tuple, order)),
    )
