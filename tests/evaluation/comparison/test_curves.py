"""Curves: heights, areas and bands of arms whose curves are known."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.comparison.curves import Swept, curves
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.evaluation.statistics.resampling import Resamples

pytestmark = pytest.mark.slow

HEIGHT = PieceMeasure(
    name="height",
    unit="",
    source="",
    direction=Direction.HUMAN,
    encodings=None,
    function=lambda sample: float(sample.trace["height"][0]),
)
NONE = np.zeros(1, np.int32)


def swept(name, entropies, formula, seed, pieces=100, noise=0.1):
    """Return an arm whose measure is a formula of the entropy, plus noise."""
    random = np.random.default_rng(seed)
    samples = [
        [
            Sample(
                NONE, trace={"strategy_entropy": np.array([x]), "height": np.array([y])}
            )
            for x, y in zip(
                entropy + noise * random.normal(size=pieces),
                formula(entropy) + noise * random.normal(size=pieces),
                strict=True,
            )
        ]
        for entropy in entropies
    ]
    return Swept(name, list(range(len(entropies))), samples)


def line(entropy):
    return 2 * entropy


def higher(entropy):
    return 2 * entropy + 0.3


def test_the_mean_height_and_its_change_are_those_of_the_lines():
    # The settings are in no order, and reach different ranges.
    arms = [
        swept("a", [0.2, 2.0, 1.0, 1.5], line, 0, noise=0),
        swept("b", [0.5, 1.0, 2.5], higher, 1, noise=0),
    ]
    human = [Sample(NONE, trace={"height": np.zeros(1)})] * 2
    first, second = curves(arms, human, HEIGHT, Resamples(50, 0))
    np.testing.assert_allclose(first.entropies[[0, -1]], [0.5, 2.0])
    np.testing.assert_allclose(first.heights, line(first.entropies))
    np.testing.assert_allclose(second.heights, higher(second.entropies))
    assert first.mean_height.value == pytest.approx(2.5)
    assert second.change.value == pytest.approx(0.3)
    np.testing.assert_allclose(second.settings[2], [2, 2.5, 5.3])


def test_intervals_cover_the_truth():
    human = [Sample(NONE, trace={"height": np.zeros(1)})] * 2
    covered, banded, trials = 0, [], 200
    for trial in range(trials):
        arms = [
            swept("a", [0.5, 1.0, 1.5], line, 2 * trial, pieces=30),
            swept("b", [0.5, 1.0, 1.5], higher, 2 * trial + 1, pieces=30),
        ]
        first, second = curves(arms, human, HEIGHT, Resamples(200, trial))
        covered += second.change.low <= 0.3 <= second.change.high
        truth = line(first.entropies)
        banded.append(((first.low <= truth) & (truth <= first.high)).mean())
    # The standard error of a share of 200 is 1.5%.
    assert 0.90 < covered / trials < 0.99
    assert 0.90 < np.mean(banded) < 0.99


def test_arms_without_a_common_range_are_refused():
    human = [Sample(NONE, trace={"height": np.zeros(1)})] * 2
    arms = [
        swept("a", [0.1, 0.2], line, 0, noise=0),
        swept("b", [0.5, 1.0], line, 1, noise=0),
    ]
    with pytest.raises(ValueError, match=r"one begins at 0\.5 nats, and another ends"):
        curves(arms, human, HEIGHT, Resamples(50, 0))
