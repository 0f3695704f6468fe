"""Best of: independent draws, of which the best one is picked."""

import numpy as np
import pytest

from lstm_music_jax.generation.decoders.best_of import BestOf
from lstm_music_jax.generation.decoders.independent import Independent
from lstm_music_jax.strategies import TopK
from tests.generation.decoders.enumerated import decode


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_the_draws_are_independent_and_the_best_one_is_picked(penalty):
    settings = {"strategy": TopK(4), "populations": 20, "stop": 2}
    _, notes, members = decode(BestOf(6, penalty), **settings)
    _, wanted, _ = decode(Independent(6), **settings)
    np.testing.assert_array_equal(notes.tokens, wanted.tokens)
    lengths = np.argmax(np.append(notes.tokens == 2, np.ones((20, 6, 1)), -1), -1) + 1
    lengths = np.minimum(lengths, notes.tokens.shape[-1])
    scores = notes.log_probs.sum(-1) / lengths**penalty
    np.testing.assert_allclose(members.log_weights, scores, rtol=1e-4)
    np.testing.assert_array_equal(members.picked, np.argmax(scores, axis=1))
    assert len(set(members.picked)) > 3
