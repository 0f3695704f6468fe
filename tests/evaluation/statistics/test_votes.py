"""Shares of wins and agreement: numbers computed by hand, and coverage."""

import math

import numpy as np
import pytest
from scipy import special, stats

from lstm_music_jax.evaluation.statistics.agreement import agreement
from lstm_music_jax.evaluation.statistics.shares import share_of_wins


def one_listener(wins, votes):
    pieces = np.arange(votes)
    return share_of_wins(pieces < wins, np.zeros(votes, int), pieces)


@pytest.mark.parametrize(("wins", "votes"), [(0, 1), (3, 3), (7, 10), (1, 40)])
def test_one_listener_has_the_exact_interval_and_test(wins, votes):
    found, exact = one_listener(wins, votes), stats.binomtest(wins, votes)
    interval = exact.proportion_ci(0.95, method="exact")
    assert found.value == wins / votes
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(exact.pvalue)


def test_without_votes_nothing_is_known():
    none = np.zeros(0, int)
    found = share_of_wins(none > 0, none, none)
    assert math.isnan(found.value)
    assert math.isnan(found.low)


def test_votes_that_repeat_each_other_count_as_fewer():
    """By hand: 4 listeners agree on each of 8 pieces, and 6 of the 8 are wins."""
    listeners, pieces = (each.ravel() for each in np.mgrid[:4, :8])
    wins = pieces < 6
    found = share_of_wins(wins, listeners, pieces)
    # Within a piece all 4 deviations are equal: the sums of squares are 16 * 1.5 over
    # pieces, 0 over listeners, and 4 * 1.5 over votes.
    of_pieces, alone = 8 / 7 * 24, 32 / 31 * 6
    quantiles = special.stdtrit([31, 3], 0.975)
    votes = 32 / (of_pieces / alone) * (quantiles[0] / quantiles[1]) ** 2
    low = stats.beta.ppf(0.025, 0.75 * votes, 0.25 * votes + 1)
    assert found.value == 0.75
    assert found.low == pytest.approx(low)
    unanimous = share_of_wins(pieces < 8, listeners, pieces)
    assert unanimous.low == pytest.approx(one_listener(8, 8).low)
    assert unanimous.high == 1


@pytest.mark.parametrize(
    ("listeners", "pieces", "of_listeners", "of_pieces"),
    [(1, 10, 0, 1.5), (3, 10, 1, 1), (8, 10, 1, 0), (8, 10, 0, 1.5), (20, 10, 1, 1)],
)
def test_shares_are_covered_whatever_votes_have_in_common(
    listeners, pieces, of_listeners, of_pieces
):
    rng = np.random.default_rng(1)
    spread = np.hypot(of_listeners, of_pieces)
    # Each listener and each piece moves the log-odds of a win, which are 1 on average.
    truth = special.expit(1 + spread * rng.normal(size=200_000)).mean()
    listener, piece = (each.ravel() for each in np.mgrid[:listeners, :pieces])
    covered = []
    for _ in range(400):
        odds = 1 + of_listeners * rng.normal(size=listeners)[listener]
        odds = odds + of_pieces * rng.normal(size=pieces)[piece]
        kept = rng.random(len(odds)) < 0.8
        wins = rng.random(len(odds)) < special.expit(odds)
        found = share_of_wins(wins[kept], listener[kept], piece[kept])
        covered.append(found.low <= truth <= found.high)
    assert np.mean(covered) >= 0.94


def test_agreement_by_hand():
    """Krippendorff 2011, part C: nominal data of four observers with missing values."""
    nan = 0
    table = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
        ]
    )
    counts = np.stack([(table == code).sum(axis=0) for code in range(1, 6)], axis=1)
    assert agreement(counts).value == pytest.approx(0.743, abs=5e-4)
    assert agreement(counts).pieces == 11


def test_agreement_is_one_for_equal_votes_and_unknown_without_difference():
    assert agreement(np.array([[2, 0], [0, 3], [2, 0]])).value == 1
    assert math.isnan(agreement(np.array([[2, 0], [3, 0]])).value)
    assert math.isnan(agreement(np.array([[1, 0], [0, 1]])).value)
    single = agreement(np.array([[1, 1], [1, 0]]))
    assert single.value == 0
    assert math.isnan(single.low)


@pytest.mark.parametrize(("listeners", "spread"), [(2, 1.0), (3, 0.2)])
def test_agreement_is_covered(listeners, spread):
    rng = np.random.default_rng(2)

    def votes(units):
        shares = rng.dirichlet(spread * np.array([3, 2, 1]), size=units)
        return rng.multinomial(listeners, shares)

    truth = agreement(votes(100_000), resamples=20).value
    found = [agreement(votes(40), resamples=600) for _ in range(250)]
    covered = [each.low <= truth <= each.high for each in found]
    assert 0.91 <= np.mean(covered) <= 0.99
