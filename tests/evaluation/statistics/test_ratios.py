"""Means over the symbols of pieces."""

import numpy as np

from lstm_music_jax.evaluation.statistics.ratios import mean_per_symbol
from lstm_music_jax.evaluation.statistics.resampling import (
    interval,
    p_value,
    resampled_means,
)


def test_pieces_of_equal_length_give_the_mean_over_pieces():
    values = np.random.default_rng(0).normal(1, 2, (30, 2))
    found = mean_per_symbol(values * 50, np.full((30, 2), 50))
    means = resampled_means(values, np.random.default_rng(0))
    np.testing.assert_allclose(found.value, values.mean(axis=0))
    np.testing.assert_allclose((found.low, found.high), interval(means, 30))
    np.testing.assert_allclose(found.p, p_value(means, 30))


def test_intervals_cover_the_loss_of_pieces_of_unequal_length():
    """The pieces are as many, and as unequal, as the held-out chorales."""
    rng = np.random.default_rng(1)
    lengths = np.round(rng.lognormal(6, 0.5, (30, 1500)))
    losses = 1.5 + 0.3 * rng.normal(size=lengths.shape)
    found = mean_per_symbol(losses * lengths, lengths, resamples=2000)
    covered = (found.low <= 1.5) & (found.high >= 1.5)
    assert 0.93 <= covered.mean() <= 0.97


def test_one_piece_has_no_interval():
    found = mean_per_symbol(np.array([6.0]), np.array([4]))
    assert found.value == 1.5
    assert np.isnan([found.low, found.high, found.p]).all()


def test_a_figure_of_no_symbols_is_nan():
    found = mean_per_symbol(np.zeros((5, 2)), np.array([[0, 1]] * 5))
    np.testing.assert_array_equal(found.value, [np.nan, 0])
    np.testing.assert_array_equal(found.low, [np.nan, 0])
