"""Look-back: greedy, until the distribution is one the music has met before."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.sizes import whole_number
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.types import Array, Float, Int
from lstm_music_jax.xla.ordering import keep_mass


class LookBackState(NamedTuple):
    """The last w distributions (nats), and the place of the oldest.

    A place not yet filled holds no probability at all: nothing is near it.
    """

    log_probs: Float[Array, "w v"]
    oldest: Int[Array, ""]


@pytree
class LookBack(Strategy):
    """See `look_back`. Its state: `LookBackState`."""

    alpha: Hyperparameter
    k: Hyperparameter
    memory: int = static()

    def init(self, vocab_size):
        """Nothing has been met."""
        return LookBackState(
            jnp.full((self.memory, vocab_size), -jnp.inf, jnp.float32), jnp.int32(0)
        )

    def apply(self, logits, state, key):
        """Compare with the distributions met, keep one or k, remember this one."""
        log_probs = jax.nn.log_softmax(logits)
        # Of logits that are all -inf it is no number.
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


def look_back(alpha: Setting, k: Setting, memory: int = 32) -> LookBack:
    """Keep the most probable symbol, or the top k where a repetition is to be feared.

        d = min_q KL(p || q)    over the last `memory` distributions q met before
        top k where d <= alpha, else top 1

    Met are the distributions handed to the strategy, one a drawn note. This is the
    paper's first half; its second, which weighs the k by how far each would lead from
    the prompt, takes k steps of the model a note.

    Args:
        alpha: 0 nats or more.
        k: 1 or more; entries that tie with the k-th (with the first) are kept too.
        memory: 1 or more distributions; fixes a shape, so changing it recompiles.

    Reference: Xu et al. 2023, https://arxiv.org/abs/2305.13477
    """
    return LookBack(
        hyperparameter("alpha", alpha, lambda a: a >= 0, "0 nats or more"),
        hyperparameter("k", k, lambda k: k >= 1, "1 or more", np.int32),
        whole_number("memory", memory, 1),
    )
