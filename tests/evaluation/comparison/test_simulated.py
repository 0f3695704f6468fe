"""Coverage and error rates of a whole comparison, on simulated pieces."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.measures.base import Direction
from tests.evaluation.comparison.synthetic import arm, column, only, pieces

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unchecked_types")]

PIECES, HUMAN = 64, 30


def simulated(direction, human_mean, *, change=0.0, count=20, primary=0, arms=1):
    """Compare arms with the reference many times, and yield the results.

    Pieces with the same primer and noise are correlated, as in a real comparison.
    """
    names = [f"m{place}" for place in range(count)]
    measures = only(*(column(i, name, direction) for i, name in enumerate(names)))
    for data_set in range(800 // count):
        rng = np.random.default_rng(data_set)
        shared = 0.6 * rng.normal(size=(PIECES, count))

        def drawn(mean=0.0, rng=rng, shared=shared):
            return mean + shared + 0.8 * rng.normal(size=shared.shape)

        yield compare(
            [arm("old", drawn())]
            + [arm(f"new {number}", drawn(change)) for number in range(arms)],
            [pieces(human_mean + rng.normal(size=(HUMAN, count)))],
            [],
            reference="old",
            primary=names[:primary],
            measures=measures,
            seed=data_set,
            resamples=600,
        )


def with_undefined(shape, rng):
    """Return values of which about three in four are NaN."""
    return np.where(rng.random(shape) < 0.25, rng.normal(size=shape), np.nan)


def test_intervals_cover_the_truth_where_few_pieces_are_defined():
    names = [f"m{place}" for place in range(20)]
    measures = only(*(column(i, each, Direction.LOWER) for i, each in enumerate(names)))
    found = []
    for data_set in range(40):
        rng = np.random.default_rng(data_set)
        old = rng.normal(size=(PIECES, 20))
        new = with_undefined((PIECES, 20), rng)
        comparison = compare(
            [arm("old", old), arm("new", new)],
            [pieces(rng.normal(size=(HUMAN, 20)))],
            [],
            reference="old",
            primary=(),
            measures=measures,
            seed=data_set,
            resamples=600,
        )
        found += [
            (each.change, comparison.values["new"][name].mean)
            for name, each in comparison.differences["new"].items()
        ]
    for interval in zip(*found, strict=True):
        assert (
            0.93 <= np.mean([each.low <= 0 <= each.high for each in interval]) <= 0.97
        )


def differences(comparisons):
    for comparison in comparisons:
        for of_arm in comparison.differences.values():
            yield from of_arm.values()


@pytest.fixture(scope="module")
def without_difference():
    return [*differences(simulated(Direction.LOWER, 0.0))]


def test_intervals_of_95_percent_cover_93_to_97_percent(without_difference):
    found = without_difference
    covered = np.mean([each.change.low <= 0 <= each.change.high for each in found])
    assert len(found) == 800
    assert 0.93 <= covered <= 0.97
    assert 0.93 <= np.mean([each.p > 0.05 for each in found]) <= 0.97


@pytest.mark.parametrize(("human", "least"), [(0.0, 0.99), (2.0, 0.93)])
def test_nearness_is_covered_and_too_often_near_the_human_value(human, least):
    found = [*differences(simulated(Direction.HUMAN, human))]
    covered = np.mean([each.worse_by.low <= 0 <= each.worse_by.high for each in found])
    assert least <= covered
    assert human == 0 or covered <= 0.97


def test_without_a_difference_a_family_rarely_finds_one():
    comparisons = simulated(Direction.HUMAN, 0.5, count=4, primary=4, arms=2)
    found = [
        any(
            each.found
            for row in comparison.differences.values()
            for each in row.values()
        )
        for comparison in comparisons
    ]
    # 200 families. If 5% of them find something, more than 16 do with a probability
    # of 3%.
    assert len(found) == 200
    assert sum(found) <= 16


def test_a_planted_change_is_found_as_often_as_promised(without_difference):
    promised = np.mean([each.detectable for each in without_difference])
    planted = differences(simulated(Direction.LOWER, 0.0, change=promised))
    assert np.mean([each.p < 0.05 for each in planted]) == pytest.approx(0.8, abs=0.05)
