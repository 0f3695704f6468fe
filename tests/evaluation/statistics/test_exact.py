"""The statistics on data that can be worked out by hand."""

import re

import numpy as np
import pytest
from scipy import stats

from lstm_music_jax.evaluation.statistics.estimate import estimate
from lstm_music_jax.evaluation.statistics.holm import holm
from lstm_music_jax.evaluation.statistics.improvement import improvements
from lstm_music_jax.evaluation.statistics.power import detectable
from lstm_music_jax.evaluation.statistics.resampling import (
    Resamples,
    enough_resamples,
    interval,
    p_value,
    resampled_counts,
)


def paired(ours, theirs, seed=0, resamples=10_000):
    """Estimate the mean difference of pairs of pieces, as `compare` does."""
    shared, differences = Resamples(resamples, seed), ours - theirs
    errors = shared.errors(differences)
    return estimate([shared.means(differences)], len(ours), errors)


@pytest.fixture
def sides():
    rng = np.random.default_rng(0)
    theirs = rng.normal(size=(40, 3))
    return theirs + rng.normal([0, 0.2, 1], 1, size=(40, 3)), theirs


def test_normal_data_give_students_interval_and_p_value(sides):
    ours, theirs = sides
    found = paired(ours, theirs, resamples=100_000)
    student = stats.ttest_rel(ours, theirs)
    low, high = student.confidence_interval()
    width = high - low
    np.testing.assert_allclose(found.value, (ours - theirs).mean(axis=0))
    np.testing.assert_allclose(found.low, low, atol=0.06 * width.max())
    np.testing.assert_allclose(found.high, high, atol=0.06 * width.max())
    np.testing.assert_allclose(found.p, student.pvalue, atol=0.02)


@pytest.mark.parametrize("units", [29, 256])
def test_no_p_value_is_smaller_than_the_resamples_can_show(units):
    """All resamples lie above zero, by little or by much."""
    resampled = np.linspace(1, 2, 2000)[:, None] + np.array([0, 100])
    tail = stats.norm.ppf(1 / 2001) * np.sqrt((units - 1) / units)
    expected = 2 * stats.t(units - 1).cdf(tail)
    np.testing.assert_allclose(p_value(resampled, units), expected)
    np.testing.assert_allclose(p_value(-resampled, units), expected)


@pytest.mark.parametrize(("family", "units"), [(1, 29), (76, 34), (76, 256)])
def test_enough_resamples_reach_half_the_level(family, units):
    number = enough_resamples(0.05 / family, units)
    resampled = np.linspace(1, 2, number)
    assert p_value(resampled, units) <= 0.05 / family / 2
    assert p_value(resampled[: -number // 10], units) > 0.05 / family / 2


def test_the_number_of_resamples_is_limited():
    assert enough_resamples(0.05 / 76, 5) == 50_000


def test_pairs_that_all_differ_alike_have_the_p_value_of_a_sign_test():
    theirs = np.zeros((12, 2))
    found = paired(theirs + np.array([0.1, 0]), theirs, resamples=500)
    assert found.p[0] == stats.binomtest(12, 12).pvalue
    assert found.p[1] == 1
    assert p_value(np.zeros(500), 12, null=1.0) == found.p[0]


def test_the_interval_leaves_out_zero_where_p_is_below_its_level():
    rng = np.random.default_rng(1)
    differences = rng.normal(0.12, 1, size=(256, 500))
    found = paired(differences, np.zeros_like(differences))
    outside = (found.low > 0) | (found.high < 0)
    clear = abs(found.p - 0.05) > 0.001  # the resolution of 10,000 resamples
    np.testing.assert_array_equal(outside[clear], (found.p < 0.05)[clear])
    assert 0.2 < outside.mean() < 0.8


def test_exchanging_the_sides_changes_the_sign_alone(sides):
    ours, theirs = sides
    found, exchanged = paired(ours, theirs), paired(theirs, ours)
    np.testing.assert_allclose(found.value, -exchanged.value)
    np.testing.assert_allclose(found.low, -exchanged.high)
    np.testing.assert_allclose(found.p, exchanged.p)


def test_one_measure_gives_the_numbers_it_gives_among_others(sides):
    ours, theirs = sides
    together, alone = paired(*sides), paired(ours[:, 1], theirs[:, 1])
    assert (together.low[1], together.p[1]) == pytest.approx((alone.low, alone.p))


def test_equal_sides_differ_by_nothing():
    same = np.arange(9.0)
    found = paired(same, same)
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)
    several = estimate([np.zeros(9)] * 3, 9)
    assert (several.value, several.low, several.high, several.p) == (0, 0, 0, 1)


def test_a_seed_gives_the_same_interval_again(sides):
    first, again = paired(*sides, seed=5), paired(*sides, seed=5)
    np.testing.assert_array_equal(first.low, again.low)
    assert (first.low != paired(*sides, seed=6).low).all()


def test_counts_of_a_resample_sum_to_the_number_of_pieces():
    counts = resampled_counts(np.random.default_rng(0), 7, 1000)
    assert counts.shape == (1000, 7)
    assert (counts.sum(axis=1) == 7).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.15)
    np.testing.assert_allclose(counts.var(axis=0), 6 / 7, atol=0.15)


def test_errors_of_resamples_by_hand():
    values = np.array([[1.0, np.nan], [4.0, 7.0], [np.nan, 7.0]]) + 1e6
    shared = Resamples(50, 0)
    counts, errors = shared.counts(3), shared.errors(values)
    for row, found in zip(counts.astype(int), errors, strict=True):
        for column, error in zip(values.T, found, strict=True):
            taken = np.repeat(column, row)
            taken = taken[~np.isnan(taken)]
            if not len(taken):
                assert np.isnan(error)
            else:
                expected = taken.std() / np.sqrt(len(taken))
                assert error == pytest.approx(expected, abs=1e-6)
    assert errors[0].tolist() == pytest.approx([1.5 / np.sqrt(2), 0])


def test_improvement_counts_ties_half():
    worse_by = np.array([-1.0, 0, 6, -3, np.nan])
    np.testing.assert_array_equal(improvements(worse_by), [1, 0.5, 0, 1, np.nan])


def test_nan_is_not_taken_for_a_finding():
    """One NaN in a resample is enough."""
    values = np.arange(1.0, 81).reshape(40, 2)
    values[3, 1] = np.nan
    found = estimate([values], 10)
    for figure in (found.low, found.high, found.p, p_value(values, 10)):
        assert np.isnan(figure).tolist() == [False, True]


def test_nan_of_a_resample_is_not_taken_for_a_finding():
    """Two of four pieces are NaN, so some resamples hold nothing."""
    shared, values = Resamples(500, 0), np.array([1.0, np.nan, 1.5, np.nan])
    found = estimate([shared.means(values)], 2, shared.errors(values))
    assert found.value == 1.25
    assert np.isnan([found.low, found.high, found.p]).all()


def test_rounding_does_not_decide_on_which_side_of_zero_a_resample_is():
    values = np.zeros(64)
    values[:6] = 1.0
    values[6:8] = -1.0
    rounded = values + 1e-17 * np.random.default_rng(0).normal(size=64)
    shared = Resamples(2000, 0)
    exact, found = (
        estimate([shared.means(each) + noise], 64, shared.errors(each))
        for each, noise in ((values, 0.0), (rounded, 1e-17))
    )
    assert (found.low, found.high, found.p) == pytest.approx(
        (exact.low, exact.high, exact.p)
    )


def test_pieces_that_are_nan_are_left_out_of_all_means():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    shared = Resamples(50, 0)
    means = shared.means(values)
    assert means[0, 0] == 1.5
    counts = shared.counts(3)[:, :2]
    defined = counts.any(axis=1)
    expected = counts[defined] @ [1, 2] / counts[defined].sum(axis=1)
    np.testing.assert_allclose(means[defined, 0], expected)
    assert np.isnan(means[~defined, 0]).all()
    assert np.isnan(means[:, 1]).all()


def test_holm_by_hand():
    given = np.array([[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.013, 0.2]])
    expected = [[0.03, 0.06, 0.06, 0.02], [1.0, 1.0, 0.052, 0.6]]
    np.testing.assert_allclose(holm(given), expected)
    assert holm(np.array([0.2])) == 0.2


def test_several_runs_give_students_interval_over_their_means():
    """If pieces with the same number have nothing in common."""
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(size=(2, 4, 50))
    # Only two of the four runs vary, and they vary in opposite directions.
    means = (ours - theirs).mean(axis=1)
    moved = np.array([[1], [-1], [0], [0]]) * rng.normal(size=10)
    found = estimate([*np.column_stack([means, means[:, None] + moved])], 50)
    student = stats.ttest_rel(ours.mean(axis=1), theirs.mean(axis=1))
    low, high = student.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p == pytest.approx(student.pvalue)
    assert found.scope == "50 pieces, 4 models"


def test_runs_with_the_same_pieces_are_one_run():
    """Human pieces are the same for all models."""
    human = Resamples(2000, 0).means(np.random.default_rng(3).normal(size=50))
    one, three = estimate([human], 50), estimate([human] * 3, 50)
    assert (three.value, three.low, three.high, three.p) == pytest.approx(
        (one.value, one.low, one.high, one.p)
    )
    assert (one.runs, three.runs) == (1, 3)


def test_what_runs_share_widens_their_interval():
    """By hand: three runs with shared pieces, and a constant of their own each."""
    pieces = np.random.default_rng(4).normal(0.4, 1, size=50)
    shared = Resamples(20_000, 0).means(pieces)
    own = np.array([-0.2, 0.1, 0.4])
    runs = [shared + each for each in own]
    found, value = estimate(runs, 50), pieces.mean() + 0.1
    errors = np.array([own.std(ddof=1) / np.sqrt(3), pieces.std(ddof=1) / np.sqrt(50)])
    quantiles = stats.t([2, 49]).ppf
    reach = np.hypot(*(quantiles(0.975) * errors))
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == pytest.approx(
        (value - reach, value + reach), rel=0.02
    )
    assert np.hypot(*(quantiles(1 - found.p / 2) * errors)) == pytest.approx(
        value, rel=0.02
    )
    both = np.hypot(*((quantiles(0.975) + quantiles(0.8)) * errors))
    assert detectable(runs, 50) == pytest.approx(both, rel=0.02)


def test_two_sets_are_resampled_apart():
    ours, human = np.arange(30.0), 3 * np.arange(20.0)
    shared = Resamples(10_000, 0)
    both = estimate([shared.means(ours) - shared.means(human)], 20)
    assert both.value == 14.5 - 28.5
    error = np.sqrt(ours.var() / 30 + human.var() / 20)
    assert (both.high - both.low) / 2 == pytest.approx(1.96 * error, rel=0.1)
    assert both.pieces == 20


def test_resamples_of_a_set_surround_the_estimate():
    # Every resample has fewer distinct pieces than the set itself.
    counts = Resamples(500, 0).counts(50)
    found = estimate([(counts > 0).sum(axis=1) / 50], 50)
    assert found.low < found.value == 1 < found.high


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: paired(np.ones(1), np.ones(1)),
            "units is 1; a bootstrap needs 2 or more",
        ),
        (
            lambda: interval(np.ones(9), 5, confidence=1.0),
            "confidence is 1.0; it must be in (0, 1)",
        ),
        (
            lambda: detectable([np.ones(9)], 3, power=0.0),
            "power is 0.0; it must be in (0, 1)",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
