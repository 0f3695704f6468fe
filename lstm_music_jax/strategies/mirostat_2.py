"""Mirostat 2: symbols not too surprising, the limit steered to keep a mean surprise."""

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Setting
from lstm_music_jax.strategies.mirostat import (
    Mirostat,
    MirostatState,
    checked_eta,
    checked_tau,
    surprisals_in_bits,
)
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class Mirostat2(Mirostat):
    """See `mirostat_2`. Its state: `MirostatState`."""

    def apply(self, logits, state, key):
        """Keep surprisals of mu or less, and always the smallest."""
        surprisals = surprisals_in_bits(logits)
        keep = (surprisals <= state.mu) | (logits == jnp.max(logits))
        return forbid_unless(keep, logits), MirostatState(state.mu, surprisals)


def mirostat_2(tau: Setting, eta: Setting = 0.1) -> Mirostat2:
    """Keep the symbols with -log2 p_x <= mu, and steer mu towards a mean surprise.

        mu' = mu - eta (-log2 p_x - tau)    after x was drawn; mu = 2 tau at first

    p is the distribution handed to the strategy. Symbols of the prompt do not move
    mu. llama.cpp takes the surprise of x after the truncation, in the renormalised
    distribution, where it is smaller.

    Args:
        tau: the mean surprise to keep, above 0 bits.
        eta: how fast mu follows, above 0.

    Reference: Basu et al. 2020, https://arxiv.org/abs/2007.14966, and its authors'
    code, https://github.com/basusourya/mirostat
    """
    return Mirostat2(checked_tau(tau), checked_eta(eta))
