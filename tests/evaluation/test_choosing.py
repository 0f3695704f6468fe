"""Choosing a piece: best of n, and minimum Bayes risk against loops in Python."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.choosing import best_of, minimum_bayes_risk
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample


def pieces(*rows):
    return [Sample(np.array(row)) for row in rows]


def measure(direction):
    return PieceMeasure("mean", "", "", direction, None, lambda x: float(x.ids.mean()))


SAMPLES = pieces([3, 3], [9, 9], [5, 5], [0, 0])


def test_the_best_piece_has_the_best_value():
    assert best_of(SAMPLES, lambda sample: sample.ids[0]) == 1
    assert best_of(SAMPLES, measure(Direction.LOWER)) == 3
    assert best_of(SAMPLES, measure(Direction.HUMAN), human=4.4) == 2
    values = iter([np.nan, -2.0, -1.0, np.nan])
    assert best_of(SAMPLES, lambda sample: next(values)) == 2


@pytest.mark.parametrize(
    ("samples", "score", "human", "error"),
    [
        ([], len, None, "samples is empty; it must hold one piece or more"),
        (SAMPLES, lambda x: np.nan, None, "score is NaN for all samples; it must be"),
        (SAMPLES, measure(Direction.HUMAN), None, "human is None; with this score it"),
        (
            SAMPLES,
            measure(Direction.LOWER),
            3.0,
            "human is 3.0; with this score it",
        ),
        (
            SAMPLES,
            measure(Direction.NONE),
            None,
            "score is mean, which calls no va",
        ),
    ],
)
def test_wrong_arguments_of_best_of(samples, score, human, error):
    with pytest.raises(ValueError, match=error):
        best_of(samples, score, human)


def grams(piece, n=4):
    return [tuple(piece[place : place + n]) for place in range(len(piece) - n + 1)]


def test_minimum_bayes_risk_equals_a_loop():
    rng = np.random.default_rng(0)
    rows = [np.cumsum(rng.integers(0, 2, 30)) % 5 for _ in range(9)]
    log_weights = rng.normal(size=9)
    for given in (None, log_weights):
        weights = np.ones(9) if given is None else np.exp(given)
        gains = [
            sum(
                weight * np.mean([gram in grams(other) for gram in grams(row)])
                for other, weight in zip(rows, weights, strict=True)
            )
            for row in rows
        ]
        chosen = minimum_bayes_risk(pieces(*rows), log_weights=given)
        assert chosen == np.argmax(gains)


def test_a_similarity_may_be_given_and_pieces_without_weight_are_not_chosen():
    def nearness(samples):
        means = np.array([sample.ids.mean() for sample in samples])
        return -np.abs(means[:, None] - means[None])

    assert minimum_bayes_risk(SAMPLES[:3], nearness) == 2
    weights = np.array([-np.inf, 0.0, 0.0, 1.0])
    assert minimum_bayes_risk(SAMPLES, nearness, weights) == 3
    with pytest.raises(ValueError, match="log_weights has 2 entries; it must"):
        minimum_bayes_risk(SAMPLES, log_weights=np.zeros(2))
    with pytest.raises(ValueError, match="samples is empty"):
        minimum_bayes_risk([])
