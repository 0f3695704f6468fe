"""Matching: a tuned arm has the entropy that it claims, also with other noise."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.comparison.arms import Arm, Knob
from lstm_music_jax.evaluation.comparison.drawing import (
    draw,
    primers,
    report_key,
    tuning_key,
)
from lstm_music_jax.evaluation.comparison.matching import (
    TOLERANCE,
    Tuning,
    match,
    search,
    spread,
    strategy_entropies,
    surprisals,
)
from lstm_music_jax.strategies import (
    Chain,
    Greedy,
    NoRepeatNgram,
    Temperature,
    TopK,
    TopP,
)
from tests.evaluation.comparison.tiny import tiny_run

pytestmark = pytest.mark.slow

LENGTH, PIECES = 32, 128


@pytest.fixture(scope="module")
def tuning():
    run = tiny_run()
    return Tuning(run, primers(run, [], PIECES), tuning_key(0), LENGTH)


@pytest.fixture(scope="module")
def ancestral(tuning):
    return tuning.mean(Chain())


def arm(make, *knob, **settings):
    return Arm(
        repr(make(knob[0])),
        make(knob[0]),
        Knob(*knob, **settings),
        make,
        lambda value: repr(make(value)),
    )


BY_TOP_P = arm(TopP, 0.9, 0.01, 1.0)
BY_TEMPERATURE = arm(Temperature, 1.0, 0.1, 10.0, by_ratio=True)


def redrawn(tuning, strategy, figure=strategy_entropies):
    """Return the mean figure with other noise, and its standard error."""
    key, length = report_key(0), tuning.length
    values = figure(draw(tuning.run, tuning.prompts, key, strategy, length=length))
    return values.mean(), values.std() / np.sqrt(len(values))


@pytest.mark.parametrize(
    "tuned",
    [arm(TopP, 0.9, 0.01, 1.0), arm(Temperature, 1.0, 0.1, 10.0, by_ratio=True)],
)
def test_a_tuned_arm_that_is_drawn_anew_has_the_entropy_it_claims(
    tuning, ancestral, tuned
):
    targets = [ancestral, 0.75 * ancestral]
    for target, found in zip(targets, match(tuned, targets, tuning), strict=True):
        assert found.target == target
        assert found.reached
        assert abs(found.entropy - target) <= TOLERANCE
        strategy = tuned.setting(found.value)
        assert repr(strategy) == found.strategy
        mean, error = redrawn(tuning, strategy)
        # Both draws have a sampling error. Three of each are rarely exceeded, and a
        # change of the knob that moved the entropy by 0.1 would exceed them.
        assert abs(mean - target) < TOLERANCE + 3 * np.sqrt(2) * error < 0.1


def test_another_figure_than_the_entropy_can_be_matched(tuning):
    """The target of the surprisal of human music is found so."""
    by_surprisal = Tuning(
        tuning.run, tuning.prompts, tuning.key, tuning.length, surprisals
    )
    (found,) = match(BY_TEMPERATURE, [1.6], by_surprisal)
    mean, error = redrawn(tuning, BY_TEMPERATURE.setting(found.value), surprisals)
    assert abs(mean - 1.6) < TOLERANCE + 3 * np.sqrt(2) * error < 0.15


def test_what_cannot_be_reached_is_said(tuning, ancestral):
    (beyond,) = match(BY_TOP_P, [1.3 * ancestral], tuning)
    assert not beyond.reached
    assert beyond.value == 1
    assert beyond.entropy == pytest.approx(ancestral, abs=1e-5)
    # Between one and two symbols there is no further number of them.
    one, two = 0.0, tuning.mean(TopK(2))
    (between,) = match(arm(TopK, 3, 1, 12, whole=True), [0.3 * (one + two)], tuning)
    assert not between.reached
    assert between.value in (1, 2)


@pytest.mark.parametrize(
    "fixed",
    [
        Arm("greedy", Greedy()),
        # The knob fixes the size of arrays.
        arm(lambda n: NoRepeatNgram(2, memory=n), 8, 4, 16, whole=True),
    ],
)
def test_an_arm_without_a_tunable_knob_is_left_as_it_is(tuning, fixed):
    (found,) = match(fixed, [1.0], tuning)
    assert found.value is None
    assert found.strategy == fixed.name
    assert found.entropy == pytest.approx(tuning.mean(fixed.strategy))


def found_by(function, knob, targets):
    """Search a function that is known exactly; return what it gives, and the calls."""
    calls = []

    def means(values, coarse):
        calls.append((len(values), coarse))
        return function(values)

    return search(knob, targets, means), calls


def test_the_search_finds_known_values():
    def rising(values):
        return values**3

    def falling(values):
        return 1 / (1 + 5 * values)

    for function in (rising, falling):
        ((value, mean),), calls = found_by(function, Knob(0.5, 0, 1), [0.3])
        assert function(value) == pytest.approx(0.3, abs=1e-3)
        assert mean == pytest.approx(0.3, abs=1e-3)
        assert calls == [(16, True), (16, True), (4, False)]


def test_every_arm_gets_the_same_number_of_settings():
    for knob in (Knob(0.5, 0, 1), Knob(2, 1, 3, whole=True), Knob(1, 0.01, 100)):
        _, calls = found_by(np.sqrt, knob, [1.0, 99.0])
        # The targets share the first round.
        assert calls == [(16, True), *2 * [(16, True), (4, False)]]


@pytest.mark.parametrize(("own", "expected"), [(0.1, 0.25), (0.9, 0.75)])
def test_of_several_values_the_one_nearest_to_the_arms_own_is_taken(own, expected):
    def hill(values):
        return 1 - (2 * values - 1) ** 2

    ((value, _),), _ = found_by(hill, Knob(own, 0, 1), [0.75])
    assert value == pytest.approx(expected, abs=1e-3)


def test_noise_does_not_carry_the_search_away():
    random = np.random.default_rng(0)
    for _ in range(50):

        def means(values, coarse):
            noise = random.normal(size=len(values)) * (0.02 if coarse else 0.005)
            return 1.5 * values + noise

        ((value, _),) = search(Knob(0.5, 0, 1), [0.9], means)
        assert abs(1.5 * value - 0.9) < TOLERANCE


def test_whole_numbers_are_not_interpolated():
    ((value, mean),), _ = found_by(np.log, Knob(5, 1, 80, whole=True), [2.0])
    assert value == 7
    assert mean == pytest.approx(np.log(7))


def test_values_are_spread_by_their_means():
    def steep(values, coarse):
        return 1 - np.exp(-20 * values)

    values = spread(Knob(0.5, 0, 1), 5, 0.8, steep)
    np.testing.assert_allclose(steep(values, False), np.linspace(0, 0.8, 5), atol=0.03)
