"""What listeners preferred: votes are counted for the right arm, and tested."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.comparison.preferences import preferences
from tests.evaluation.comparison.made_up_votes import REFERENCE, vote

ARM = "TopP(0.9)"


def test_wins_losses_and_ties_of_each_arm():
    votes = [
        vote("Ann", 0, ARM, first=ARM),
        vote("Ann", 1, ARM, first=ARM),
        vote("Ann", 2, REFERENCE),
        vote("Ann", 3, ""),
        vote("Ann", 0, REFERENCE, arm="Greedy()"),
    ]
    found = preferences(votes)
    first, second = found.arms
    assert (first.arm, first.wins, first.losses, first.ties) == (ARM, 2, 1, 1)
    assert (first.listeners, first.pieces) == (1, 4)
    assert first.share.value == pytest.approx(2 / 3)
    assert (second.arm, second.wins, second.losses) == ("Greedy()", 0, 1)
    assert found.first.value == 1
    assert math.isnan(first.agreement.value)


def test_an_arm_without_preferences_has_no_share_and_no_test():
    (found,) = preferences([vote("Ann", 0, ""), vote("Bob", 0, "")]).arms
    assert math.isnan(found.share.value)
    assert math.isnan(found.adjusted)
    assert not found.found


def test_p_values_are_corrected_over_the_arms_with_preferences():
    votes = [vote("Ann", piece, ARM) for piece in range(10)]
    votes += [vote("Ann", piece, REFERENCE, arm="a(1)") for piece in range(6)]
    votes += [vote("Ann", 0, "", arm="b(1)")]
    found = {each.arm: each for each in preferences(votes).arms}
    assert found[ARM].adjusted == pytest.approx(2 * 2 / 2**10)
    assert found["a(1)"].adjusted == pytest.approx(2 / 2**6)
    assert found[ARM].found
    assert found["a(1)"].found


def test_agreement_is_that_on_the_music_and_not_on_the_letters():
    pieces = range(12)
    chosen = [(ARM, REFERENCE)[piece % 2] for piece in pieces]
    same = [
        vote(name, piece, chosen[piece], first=(ARM, REFERENCE)[k])
        for k, name in enumerate(("Ann", "Bob"))
        for piece in pieces
    ]
    found = preferences(same)
    assert found.agreement.value == 1
    assert found.arms[0].agreement.value == 1
    random = np.random.default_rng(0)
    choices = random.choice([ARM, REFERENCE, ""], size=(4, 300))
    mixed = [
        vote(f"listener {k}", piece, choices[k, piece])
        for k in range(4)
        for piece in range(300)
    ]
    assert abs(preferences(mixed).agreement.value) < 0.05
