"""`compare`: from the pieces of all arms to estimates, intervals and p-values.

An arm is a strategy that is compared. The reference is the arm with which the others
are compared. An anchor is other music that is shown beside the arms, such as music of
an n-gram model. A run is one trained model. The primary measures are the few that are
tested; they were chosen before any music was generated.
"""

import dataclasses
from collections.abc import Sequence
from itertools import chain

import numpy as np

from lstm_music_jax.evaluation.comparison.differences import difference
from lstm_music_jax.evaluation.comparison.pieces import Measures, Pieces
from lstm_music_jax.evaluation.comparison.resampled import (
    AnyMeasure,
    Quantity,
    combined,
    quantity,
)
from lstm_music_jax.evaluation.comparison.results import (
    HUMAN,
    Comparison,
    Difference,
    Interval,
    Row,
    Value,
)
from lstm_music_jax.evaluation.comparison.validity import is_valid
from lstm_music_jax.evaluation.measures.base import (
    DistanceMeasure,
    Measure,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.statistics.holm import holm
from lstm_music_jax.evaluation.statistics.resampling import (
    RESAMPLES,
    Resamples,
    enough_resamples,
)
from lstm_music_jax.system.progress import tracked

MOST_PRIMARY = 4


def compare(
    arms: Sequence[Pieces],
    human: Sequence[Sequence[Sample]],
    anchors: Sequence[Pieces],
    *,
    reference: str,
    primary: Sequence[str],
    measures: Measures,
    order: Sequence[Sequence[str]] = (),
    seed: int = 0,
    resamples: int = RESAMPLES,
    progress: bool = False,
) -> Comparison:
    """Compare every arm with the reference, in every measure.

    The unit of the statistics is a piece. Piece i of all arms has the same primer (the
    given beginning) and the same noise (random numbers), so arms are resampled
    together. Human pieces are resampled as well wherever a value is compared with the
    human value, except for `Difference.improvement`. With several runs, which are
    models trained with different seeds, the unit is a run. But for music that is the
    same for all models, such as human pieces, the unit is still a piece.

    The primary family consists of the primary measures of all arms but the reference.
    Its p-values are corrected by Holm's method. All other results are exploratory.

    The tests ask whether an arm differs from the reference, also in a measure that
    should be near the human value. A test of nearness would miss most differences,
    because its intervals are too wide where both arms are near the human value. Whether
    an arm is nearer is reported too, with an interval (`Difference.worse_by`).

    Args:
      arms: the pieces of each strategy, the reference included.
      human: for each run, the human pieces. Only their traces may differ between runs.
      anchors: other pieces to show beside the arms, such as those of n-gram models.
      reference: name of the arm with which the others are compared.
      primary: names of the primary measures, at most four.
      measures: the measures, by kind.
      order: groups of names of anchors, the better music first. A measure that does not
        order human music and these groups is marked as not valid (see `is_valid`).
      seed: seed of the resamples.
      resamples: number of resamples. For the primary measures, more are drawn if the
        primary family is so large that it needs them (see `enough_resamples`).
      progress: show on stderr how many measures are compared.

    Raises:
      ValueError: a name is unknown or occurs twice; more than four measures are
        primary; sets have different numbers of runs; arms have different numbers of
        pieces; or a set has fewer than two pieces.
    """
    _require(arms, human, anchors, reference, primary, measures, order)
    groups = [*arms, *anchors]
    every: list[AnyMeasure] = [*measures.pieces, *measures.sets, *measures.distances]
    every.sort(key=lambda measure: _place(measure.name, primary))
    level = 0.05 / max(1, len(primary) * (len(arms) - 1))
    enough = enough_resamples(level, min(len(arms[0].samples[0]), len(human[0])))
    tested = Resamples(max(resamples, enough), seed)
    explored = Resamples(resamples, seed)
    rows = []
    values: dict[str, dict[str, Value]] = {}
    differences: dict[str, dict[str, Difference]] = {}
    named = [measure.name for measure in every]
    for measure in tracked(every, "comparing measure", names=named, show=progress):
        is_primary = measure.name in primary
        shared = tested if is_primary else explored
        runs = [
            quantity(
                measure,
                {HUMAN: of_run} | {each.name: each.samples[run] for each in groups},
                HUMAN,
                shared,
            )
            for run, of_run in enumerate(human)
        ]
        rows.append(
            Row.of(
                measure,
                _kind(measure),
                primary=is_primary,
                valid=is_valid(measure, runs, order) if order else None,
            )
        )
        for name in (HUMAN, *(each.name for each in groups)):
            values.setdefault(name, {})[measure.name] = _value(measure, runs, name)
        for arm in arms:
            if arm.name != reference:
                differences.setdefault(arm.name, {})[measure.name] = difference(
                    measure, runs, arm.name, reference, shared, level
                )
    return Comparison(
        reference=reference,
        arms=tuple(arm.name for arm in arms),
        anchors=(HUMAN, *(each.name for each in anchors)),
        rows=tuple(rows),
        values=values,
        differences=_corrected(differences, primary),
        pieces=len(arms[0].samples[0]),
        runs=len(human),
        human_pieces=len(human[0]),
        order=tuple(map(tuple, order)),
    )


def _value(measure: Measure, runs: Sequence[Quantity], name: str) -> Value:
    """Return the value of a measure for one arm or anchor, with its interval.

    `runs` holds, for each run, the measure's values; `name` is the arm or anchor.
    """
    if name == HUMAN and isinstance(measure, DistanceMeasure):
        return Value(Interval(np.nan, np.nan, np.nan), 0, None)
    found = combined(runs, lambda run: run.values[name], runs[0].units[name])
    of_pieces = [run.of_pieces[name] for run in runs if run.of_pieces]
    left_out = sum(int(np.isnan(each).sum()) for each in of_pieces)
    mean = Interval.of(found, measure.bounds)
    return Value(mean, left_out, _deviation(of_pieces))


def _deviation(of_pieces: Sequence[np.ndarray]) -> float | None:
    """Return the standard deviation over the pieces of a run, averaged over runs.

    `of_pieces` holds, for each run, the value of a measure for each piece, or NaN where
    it is not defined. A measure of sets or distances has no such values: the list is
    empty, and the result is None. The result is also None if the measure is not defined
    for any piece of one of the runs.
    """
    defined = [each[~np.isnan(each)] for each in of_pieces]
    if not all(map(len, defined)) or not defined:
        return None
    return float(np.mean([each.std() for each in defined]))


def _corrected(differences, primary):
    """Return the differences with `Difference.adjusted` set for the primary measures.

    It is the p-value after Holm's correction over the primary family: the primary
    measures of all arms. `differences` is by arm, then by measure; `primary` holds
    names of measures.
    """
    family = [(arm, name) for arm in differences for name in primary]
    if not family:
        return differences
    p = np.array([differences[arm][name].p for arm, name in family])
    # A test that is not defined finds nothing, but it counts in the family.
    adjusted = dict(zip(family, holm(np.nan_to_num(p, nan=1.0)), strict=True))
    return {
        arm: {
            name: dataclasses.replace(each, adjusted=float(adjusted[arm, name]))
            if (arm, name) in adjusted
            else each
            for name, each in row.items()
        }
        for arm, row in differences.items()
    }


def _kind(measure):
    if isinstance(measure, PieceMeasure):
        return "piece"
    return "distance" if isinstance(measure, DistanceMeasure) else "set"


def _place(name, primary):
    return primary.index(name) if name in primary else len(primary)


def _require(arms, human, anchors, reference, primary, measures, order):
    """Raise ValueError for the first of these rules that is broken.

    Names must be known and must differ. At most four measures may be primary. All arms
    must have equally many pieces, and every set needs two pieces or more. All sets need
    as many runs as the human pieces have.
    """
    names = [each.name for each in (*arms, *anchors)]
    twice = {name for name in names if names.count(name) > 1 or name == HUMAN}
    if twice:
        raise ValueError(
            f"arms and anchors hold {min(twice)!r} twice; all names must differ, also "
            f"from {HUMAN!r}"
        )
    if reference not in [arm.name for arm in arms]:
        raise ValueError(f"reference is {reference!r}; it must be the name of an arm")
    if len(primary) > MOST_PRIMARY or len(set(primary)) < len(primary):
        raise ValueError(
            f"primary is {list(primary)}; it must hold at most {MOST_PRIMARY} "
            "different measures"
        )
    known = [measure.name for kind in measures for measure in kind]
    for name in primary:
        if name not in known:
            raise ValueError(f"primary holds {name!r}; it must hold names of measures")
    for name in chain.from_iterable(order):
        if name not in [each.name for each in anchors]:
            raise ValueError(f"order holds {name!r}; it must hold names of anchors")
    for each in (*arms, *anchors):
        if len(each.samples) != len(human):
            raise ValueError(
                f"{each.name} has {len(each.samples)} runs; it must have "
                f"{len(human)}, as the human pieces have"
            )
    sizes = {len(samples) for arm in arms for samples in arm.samples}
    if len(sizes) != 1:
        raise ValueError(
            f"arms have {sorted(sizes)} pieces; all must have the same number"
        )
    smallest = min(
        len(s) for s in (*human, *(s for e in (*arms, *anchors) for s in e.samples))
    )
    if smallest < 2:
        raise ValueError(f"a set has {smallest} pieces; every set needs 2 or more")
