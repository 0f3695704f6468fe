"""Repetition statistics, by hand."""

import numpy as np
import pytest

from lstm_music_jax.music.repetition import repetition


@pytest.mark.parametrize(
    ("ids", "repeated", "distinct", "loop"),
    [
        ([1, 2, 3, 4, 5, 6], 0, 3, 0),
        ([7] * 10, 6 / 7, 1, 10),
        ([1, 2, 1, 2, 1, 2, 9], 1 / 4, 3, 6),
        ([5, 1, 2, 3, 1, 2, 3, 6], 0, 5, 6),
        ([1, 2, 3, 9, 1, 2, 3, 8], 0, 5, 0),
        ([3, 3, 1, 2], 0, 1, 2),
        ([1, 2], 0, 0, 0),
        ([], 0, 0, 0),
    ],
)
def test_by_hand(ids, repeated, distinct, loop):
    found = repetition(np.array(ids, int))
    assert found.repeated == pytest.approx(repeated)
    assert (found.distinct, found.longest_loop) == (distinct, loop)


def test_a_loop_has_at_most_the_longest_period():
    ids = np.tile(np.arange(10), 3)
    assert repetition(ids, longest_period=10).longest_loop == 30
    assert repetition(ids, longest_period=9).longest_loop == 0
