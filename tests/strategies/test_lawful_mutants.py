"""Mistakes that keep every law are caught by comparison with NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.fields import Integer, Number, integer, number
from lstm_music_jax.strategies import PresencePenalty, Strategy, Temperature, TopK, TopP
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.testing import check_strategy
from lstm_music_jax.xla.ordering import keep_mass
from tests.strategies.twins import Counts, V


class KOffByOneAbove(Strategy):
    """Keeps k + 1 symbols."""

    k: Integer = integer(at_least=1)

    def apply(self, logits, state, key):
        count = jnp.asarray(self.k).astype(jnp.float32)
        ones = jnp.ones_like(logits)
        return forbid_unless(keep_mass(logits, ones, count + 1), logits), state


class PenalisesUnseen(Counts):
    """Penalises the symbols that have not been seen."""

    def apply(self, logits, state, key):
        return logits - self.penalty * (state == 0).astype(jnp.float32), state


class NucleusBelow(Strategy):
    """Leaves out the symbol that crosses p."""

    p: Number = number()

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        above = jnp.sum(jnp.where(p[None] >= p[:, None], p[None], 0.0), axis=1)
        return forbid_unless((above <= self.p) | (p == jnp.max(p)), logits), state


class Multiplies(Strategy):
    """Multiplies by the temperature instead of dividing."""

    value: Number = number()

    def apply(self, logits, state, key):
        return logits * self.value, state


def presence_by_numpy(logits, seen):
    return logits - 0.5 * np.isin(np.arange(len(logits)), seen)


def top_k_by_numpy(logits, seen):
    return np.where(logits >= np.sort(logits)[-3], logits, -np.inf)


def top_p_by_numpy(logits, seen):
    p = np.exp(logits) / np.exp(logits).sum()
    order = np.argsort(-p)
    kept = order[: 1 + np.searchsorted(np.cumsum(p[order]), 0.7)]
    return np.where(np.isin(np.arange(len(p)), kept), logits, -np.inf)


# A strategy, its rule in NumPy, and the mutant.
WRONG = {
    "k + 1": (TopK(3), top_k_by_numpy, KOffByOneAbove(np.int32(3))),
    "penalised unseen": (
        PresencePenalty(0.5),
        presence_by_numpy,
        PenalisesUnseen(np.float32(0.5)),
    ),
    "crossing symbol": (TopP(0.7), top_p_by_numpy, NucleusBelow(np.float32(0.7))),
    "T for 1/T": (
        Temperature(0.8),
        lambda logits, seen: logits / 0.8,
        Multiplies(np.float32(0.8)),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_numpy_catches_what_no_law_catches(name):
    right, reference, mutant = WRONG[name]
    logits, seen = np.random.default_rng(0).normal(size=V), [3, 7, 3]
    wanted = reference(logits, seen)
    np.testing.assert_allclose(shape(right, logits, seen), wanted, rtol=1e-5)
    assert not np.allclose(shape(mutant, logits, seen), wanted, atol=1e-3)
    check_strategy(mutant, V)


def shape(strategy, logits, seen):
    state = strategy.init(len(logits))
    for token in seen:
        state = strategy.observe(jnp.int32(token), state)
    logits = jnp.asarray(logits, jnp.float32)
    return np.asarray(strategy.apply(logits, state, jax.random.key(0))[0])
