import jax.numpy as jnp

from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.feedback.mirostat import (
    Mirostat,
    MirostatState,
    surprisals_in_bits,
)


class Mirostat2(Mirostat):
    """Keeps the symbols with -log2 p_x <= mu, and steers mu towards a mean surprisal.

        mu' = mu - eta (-log2 p_x - tau)    after x was drawn; mu = 2 tau at first

    The most probable symbol is always kept. p is the distribution that the strategy is
    given. The symbols of the prompt do not move mu. llama.cpp takes the surprisal of x
    after the truncation, in the renormalised distribution, where it is smaller.

    Args:
        tau: the mean surprisal to keep, above 0 bits.
        eta: step size of mu, above 0.

    State: `MirostatState`.

    References:
        Basu et al. 2020, https://arxiv.org/abs/2007.14966
        its authors' code, https://github.com/basusourya/mirostat
    """

    def apply(self, logits, state, key):
        surprisals = surprisals_in_bits(logits)
        keep = (surprisals <= state.mu) | (logits == jnp.max(logits))
        return forbid_unless(keep, logits), MirostatState(state.mu, surprisals)
