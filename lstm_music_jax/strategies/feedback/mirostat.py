"""The base class of both versions of Mirostat.

Mirostat brings the mean surprisal of the drawn symbols to a target tau. It adapts mu, a
limit that decides how many symbols are kept.

Reference: Basu et al. 2020, https://arxiv.org/abs/2007.14966
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Float, Logits, Scalar


class MirostatState(NamedTuple):
    """The limit mu, and how surprising each symbol would be as the next one.

    Attributes:
        mu: the limit, in bits. The larger it is, the more symbols are kept.
        surprisals: -log2 of the probability of each symbol in the distribution that the
            strategy was given last; tau before the first symbol is drawn.
    """

    mu: Scalar
    surprisals: Float[Array, "v"]


class Mirostat(Strategy):
    """Base class: lowers the limit mu after surprising symbols, raises it after others.

        mu' = mu - eta (-log2 p_x - tau)    after x was drawn; mu = 2 tau at first

    tau is the target in bits, and eta the step size of mu. p_x is the probability of x
    in the distribution that the strategy is given. In a subclass, `apply` keeps more
    symbols if mu is larger. It writes the surprisals into the state.
    """

    tau: Number = number(above=0, hint="bits")
    eta: Number = number(above=0, default=0.1)

    def init(self, vocab_size):
        # The symbols of the prompt were not drawn. They get the surprisal tau, so they
        # do not move mu.
        wanted = jnp.full(vocab_size, self.tau, jnp.float32)
        return MirostatState(jnp.asarray(2 * self.tau, jnp.float32), wanted)

    def observe(self, token, state):
        surprisal = state.surprisals[token]
        # An infinite surprisal does not move mu, because a symbol of probability 0 was
        # not drawn from this distribution.
        error = jnp.where(jnp.isfinite(surprisal), surprisal - self.tau, 0.0)
        return state._replace(mu=state.mu - self.eta * error)


def surprisals_in_bits(logits: Logits) -> Float[Array, "v"]:
    """Return the surprisal -log2 p of every symbol, where p is its probability."""
    return jax.nn.log_softmax(logits) / -math.log(2)
