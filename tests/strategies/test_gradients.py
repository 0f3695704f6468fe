"""Gradients by logits and hyperparameters are finite where symbols are forbidden."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.strategies import (
    EDT,
    Chain,
    DynamicTemperature,
    Guidance,
    QuadraticSmoothing,
    RepetitionPenalty,
    Temperature,
    TopP,
)
from tests.strategies.toy import toy

INF = np.inf
LOGITS = np.float32(
    [[1, -2, 0.5, 0.25], [1, -2, -INF, -INF], [1, -INF, -INF, -INF]],
)
MODEL = toy([[0, 1, 2, -INF], [3, 1, 0, 0], [1, 1, 2, 0], [0, 0, 0, 1]], 0.5)
STRATEGIES = {
    "Temperature": Temperature(0.9),
    "Temperature: coldest": Temperature(1e-6),
    "Temperature after TopP": Chain(TopP(0.6), Temperature(0.9)),
    "DynamicTemperature": DynamicTemperature(0.5, 1.5),
    "DynamicTemperature: steep at 0": DynamicTemperature(0.5, 1.5, 0.5),
    "EDT": EDT(0.9, 0.1),
    "EDT: plain": EDT(0.9, 0),
    "EDT: coldest": EDT(0.9, 30),
    "QuadraticSmoothing": QuadraticSmoothing(0.3, 2),
    "RepetitionPenalty": RepetitionPenalty(1.2),
    "RepetitionPenalty: by sign": RepetitionPenalty(1.2, by_sign=True),
    "Guidance": Guidance(1.5, MODEL, [0], Carried()),
}


def drawn_log_prob(strategy, logits):
    state = strategy.observe(jnp.int32(2), strategy.init(4))
    shaped, _ = strategy.apply(logits, state, jax.random.key(0))
    return jax.nn.log_softmax(shaped)[0]


@pytest.mark.parametrize("name", STRATEGIES)
def test_gradients_are_finite(name):
    by_both = jax.value_and_grad(drawn_log_prob, (0, 1), allow_int=True)
    found = jax.jit(jax.vmap(by_both, (None, 0)))(STRATEGIES[name], LOGITS)
    for leaf in jax.tree.leaves(found):
        if leaf.dtype != jax.dtypes.float0:
            assert np.all(np.isfinite(leaf))
