"""Loops and the Zipf slope, worked out by hand and with planted loops."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import (
    first_loop,
    longest_loop,
    repeated_ngrams,
    zipf,
)
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.first_loop import symbols_before_loop


@pytest.mark.parametrize(
    ("ids", "shortest", "expected"),
    [
        ([1, 2, 3, 4], 2, 4),
        ([1, 2, 2, 3], 2, 1),
        ([1, 2, 2, 3], 3, 4),
        ([5, 1, 2, 1, 2, 1, 2, 9], 6, 1),
        ([5, 1, 2, 1, 2, 1, 2, 9], 7, 8),
        ([1, 2, 3, 1, 2, 3], 2, 0),
        ([1, 2, 3, 1, 2, 4], 2, 6),
        ([], 2, 0),
    ],
)
def test_the_first_loop_by_hand(ids, shortest, expected):
    assert symbols_before_loop(np.array(ids, int), shortest) == expected


def loop_starts(ids, shortest, longest_period):
    """Return where loops start, by trying each start, period and length."""
    for start in range(len(ids)):
        for period in range(1, longest_period + 1):
            size = max(2 * period, shortest)
            stretch = ids[start : start + size]
            if len(stretch) == size and stretch[period:] == stretch[:-period]:
                yield start


@pytest.mark.parametrize("seed", range(20))
def test_the_first_loop_by_definition(seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(2 + seed // 10, size=40)
    expected = next(loop_starts(ids.tolist(), 9, 7), 40)
    assert symbols_before_loop(ids, 9, 7) == expected


def test_a_planted_loop_is_found():
    rng = np.random.default_rng(0)
    ids = rng.integers(100, size=256)
    clean = Sample(ids)
    ids = ids.copy()
    ids[120:180] = np.tile(ids[120:132], 5)
    looped = Sample(ids)
    assert (first_loop()(clean), first_loop()(looped)) == (256, 120)
    assert longest_loop()(clean) < 5
    assert longest_loop()(looped) == 60
    assert repeated_ngrams()(clean) < 0.01
    assert repeated_ngrams()(looped) == pytest.approx(45 / 253, abs=0.02)


def test_the_zipf_slope_of_a_power_law_is_its_exponent():
    counts = 720 // np.arange(1, 7)  # proportional to 1 / rank
    ids = np.repeat(np.arange(6), counts)
    assert zipf()(Sample(ids)) == pytest.approx(1)
    assert zipf()(Sample(np.tile(np.arange(6), 5))) == pytest.approx(0)


def test_the_zipf_slope_is_that_of_a_fitted_line():
    ids = np.random.default_rng(0).geometric(0.3, size=300)
    counts = np.sort(np.unique(ids, return_counts=True)[1])[::-1]
    line = np.polyfit(np.log(1 + np.arange(len(counts))), np.log(counts), 1)
    assert zipf()(Sample(ids)) == pytest.approx(-line[0])


def test_one_symbol_has_no_zipf_slope():
    assert math.isnan(zipf()(Sample(np.array([3, 3, 3]))))
