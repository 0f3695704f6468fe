"""Calibration of synthetic models, whose true error is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.evaluation.calibration import calibration
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.strategies import Greedy
from lstm_music_jax.testing.toy_model import ToyModel

SIZE = 8
TABLE = np.random.default_rng(0).normal(0, 1, (SIZE, SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def pieces():
    """Pieces drawn from the model of the table, for which it is calibrated."""
    prompts = jnp.zeros((60, 1), jnp.int32)
    model = ToyModel(jnp.asarray(TABLE))
    drawn = generate(model, prompts, jax.random.key(0), length=128)
    return list(np.concatenate([prompts, drawn.tokens], axis=1))


def confidences_of(pieces, sharpness):
    model = ToyModel(jnp.asarray(sharpness * TABLE))
    forced = teacher_force(model, pieces, strategy=Greedy(), parallel_pieces=60)
    return [each.trace.kept_mass for each in forced], [each.kept for each in forced]


def test_the_model_that_drew_the_pieces_is_calibrated(pieces):
    found = calibration(*confidences_of(pieces, 1.0), bins=10)
    assert found.error.value < 1.6 * found.noise < 0.03
    assert found.overconfidence.low < 0 < found.overconfidence.high
    outside = (found.accuracy.low > found.confidence) | (
        found.accuracy.high < found.confidence
    )
    assert outside.sum() <= 2
    assert found.symbols.sum() == 60 * 128
    assert found.symbols.max() - found.symbols.min() <= 1


def test_a_sharpened_model_has_the_error_by_which_it_was_sharpened(pieces):
    """Sharpening keeps the order, so the true accuracy is the first confidence."""
    true, _ = confidences_of(pieces, 1.0)
    stated, correct = confidences_of(pieces, 2.0)
    found = calibration(stated, correct, bins=10)
    expected = np.mean(np.concatenate(stated) - np.concatenate(true))
    assert expected > 0.15
    assert found.error.value == pytest.approx(expected, abs=0.015)
    assert found.error.low < expected < found.error.high
    assert found.overconfidence.value == pytest.approx(expected, abs=0.015)


def test_bins_by_hand():
    """Two bins: the first is right too often, the second too seldom."""
    stated = [np.array([0.2, 0.4]), np.array([0.9, 0.7])]
    correct = [np.array([True, True]), np.array([False, True])]
    found = calibration(stated, correct, bins=2)
    np.testing.assert_allclose(found.confidence, [0.3, 0.8])
    np.testing.assert_allclose(found.accuracy.value, [1, 0.5])
    assert found.symbols.tolist() == [2, 2]
    assert found.error.value == pytest.approx((0.7 + 0.3) / 2)
    assert found.overconfidence.value == pytest.approx(-0.2)
    noise = np.sqrt(2 / np.pi) * (np.sqrt(0.16 + 0.24) + np.sqrt(0.09 + 0.21)) / 4
    assert found.noise == pytest.approx(noise)


def test_equal_confidences_share_a_bin():
    stated, correct = [np.full(10, 0.5)], [np.arange(10) < 5]
    found = calibration(stated, correct)
    assert found.symbols.tolist() == [10]
    assert found.error.value == 0
    assert np.isnan(found.error.low)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="bins is 0; it must be 1 or more"):
        calibration([np.array([0.5])], [np.array([True])], bins=0)
    with pytest.raises(ValueError, match="confidences holds no symbols"):
        calibration([np.zeros(0)], [np.zeros(0, bool)])
