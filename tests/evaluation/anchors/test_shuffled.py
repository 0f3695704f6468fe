"""Shuffled pieces keep their symbols, their markers and their primer."""

import numpy as np

from lstm_music_jax.evaluation.anchors.shuffled import shuffled

START, END = 20, 21


def pieces():
    random = np.random.default_rng(0)
    return [
        np.array([START, *random.integers(0, 20, length), END])
        for length in (200, 3, 2, 0)
    ]


def mixed(**options):
    random = np.random.default_rng(1)
    return shuffled(pieces(), random, markers=(START, END), **options)


def test_only_the_order_changes():
    for before, after in zip(pieces(), mixed(), strict=True):
        np.testing.assert_array_equal(np.sort(before), np.sort(after))
        assert (after[0], after[-1]) == (START, END)
    assert np.mean(pieces()[0] == mixed()[0]) < 0.2


def test_the_primer_stays():
    for before, after in zip(pieces(), mixed(primer=150), strict=True):
        np.testing.assert_array_equal(before[:151], after[:151])
    assert np.any(pieces()[0][151:] != mixed(primer=150)[0][151:])


def test_every_order_is_equally_frequent():
    three = [np.arange(3)] * 6000
    found = [tuple(piece) for piece in shuffled(three, np.random.default_rng(2))]
    counts = np.unique(found, axis=0, return_counts=True)[1]
    # The standard deviation of each count is 29.
    assert len(counts) == 6
    assert np.abs(counts - 1000).max() < 120


def test_the_given_pieces_are_not_changed():
    given = pieces()
    shuffled(given, np.random.default_rng(0))
    for piece, copy in zip(given, pieces(), strict=True):
        np.testing.assert_array_equal(piece, copy)
