from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.types import Array, Float, Int
from lstm_music_jax.xla.ordering import keep_mass


class LookBackState(NamedTuple):
    """The distributions that the strategy was given for the last w drawn symbols.

    Attributes:
        log_probs: a ring buffer of log-probabilities, nats, one row per distribution. A
            row that is not filled yet holds -inf, so every distribution has an infinite
            divergence from it.
        oldest: index of the oldest row, which is overwritten next.
    """

    log_probs: Float[Array, "w v"]
    oldest: Int[Array, ""]


class LookBack(Strategy):
    """Keeps the most probable symbol, or the top k when distributions begin to repeat.

        d = min_q KL(p || q)    over the last `memory` distributions q before p

    The k most probable symbols are kept if d <= alpha, else the most probable one.
    Symbols that tie with the last one kept are kept too. p and q are distributions that
    the strategy is given, one per drawn symbol. This is the first half of the method in
    the paper. The second half weighs each of the k symbols by its distance from the
    prompt. It is left out, because it takes k steps of the model per symbol.

    Args:
        alpha: the largest divergence that counts as a repeat, 0 nats or more.
        k: 1 or more.
        memory: number of distributions, 1 or more; changing it recompiles.

    State: `LookBackState`.

    Reference: Xu et al. 2023, https://arxiv.org/abs/2305.13477
    """

    alpha: Number = number(at_least=0, hint="nats")
    k: Integer = integer(at_least=1)
    memory: int = size(at_least=1, default=32)

    def init(self, vocab_size):
        return LookBackState(
            jnp.full((self.memory, vocab_size), -jnp.inf, jnp.float32), jnp.int32(0)
        )

    def apply(self, logits, state, key):
        log_probs = jax.nn.log_softmax(logits)
        # Logits that are all -inf give NaN.
        log_probs = jnp.where(jnp.isnan(log_probs), -jnp.inf, log_probs)
        p = jnp.exp(log_probs)[None]
        ratios = log_probs[None] - state.log_probs
        divergences = jnp.sum(jnp.where(p > 0, p * ratios, 0.0), axis=1)
        new = jnp.min(divergences) > self.alpha
        count = jnp.where(new, 1, jnp.asarray(self.k)).astype(jnp.float32)
        keep = keep_mass(logits, jnp.ones_like(logits), count)
        return forbid_unless(keep, logits), LookBackState(
            state.log_probs.at[state.oldest].set(log_probs),
            (state.oldest + 1) % self.memory,
        )
