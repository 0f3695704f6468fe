import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import size
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.feedback.mirostat import (
    Mirostat,
    MirostatState,
    surprisals_in_bits,
)
from lstm_music_jax.types import Logits, Scalar
from lstm_music_jax.xla.ordering import descending, keep_mass


class Mirostat1(Mirostat):
    """Keeps the k most probable symbols, and steers k towards a mean surprisal.

        s = sum t_i b_i / sum t_i^2    t_i = ln((i+1)/i), b_i = ln(p_i/p_(i+1)),
                                       i = 1 .. m-1, p sorted
        k = (e 2^mu / (1 - v^-e))^(1/s)    e = s - 1
        mu' = mu - eta (-log2 p_x - tau)   after x was drawn; mu = 2 tau at first

    p_i is the i-th largest probability, s the exponent of Zipf's law that fits the m
    largest ones, and v the size of the vocabulary. k is rounded to a whole number and
    clipped to [1, v]. If the m largest ones are equal, every symbol is kept. Symbols
    that tie with the k-th are kept too.

    If p follows Zipf's law, the k symbols have a mean surprisal of about mu bits. p is
    the distribution that the strategy is given. The symbols of the prompt do not move
    mu. llama.cpp takes the surprisal of x after the truncation, in the renormalised
    distribution, where it is smaller. Prefer `Mirostat2`, which needs neither the sort
    nor Zipf's law.

    Args:
        tau: the mean surprisal to keep, above 0 bits.
        eta: step size of mu, above 0.
        m: number of largest probabilities to fit, 2 or more; changing it recompiles.
            Probabilities of 0 are left out of the fit.

    State: `MirostatState`.

    Reference: Basu et al. 2020, https://arxiv.org/abs/2007.14966
    """

    m: int = size(at_least=2, default=100)

    def apply(self, logits, state, key):
        k = _count(zipf_exponent(logits, self.m), state.mu, logits.shape[0])
        keep = keep_mass(logits, jnp.ones_like(logits), k)
        surprisals = surprisals_in_bits(logits)
        return forbid_unless(keep, logits), MirostatState(state.mu, surprisals)


def zipf_exponent(logits: Logits, m: int) -> Scalar:
    """Return the exponent s of Zipf's law, p_i ~ i^-s, fitted by least squares.

    p_i is the i-th largest probability, and the fit is to i = 1 .. m. Probabilities of
    0 are left out. The result is NaN if fewer than two symbols are possible.
    """
    size = min(m, logits.shape[0])
    largest = descending(logits)[:size]
    ranks = np.arange(1, size)
    t = jnp.asarray(np.log((ranks + 1) / ranks), jnp.float32)
    possible = largest[1:] > -jnp.inf
    b = jnp.where(possible, largest[:-1] - largest[1:], 0.0)
    return jnp.sum(t * b) / jnp.sum(jnp.where(possible, t * t, 0.0))


def _count(s: Scalar, mu: Scalar, vocab_size: int) -> Scalar:
    # k is computed in logarithms, because 2^mu and the power 1/s both leave the range
    # of float32.
    e = s - 1
    log_size = jnp.log(jnp.float32(vocab_size))
    ratio = jnp.where(e == 0, 1 / log_size, e / -jnp.expm1(-e * log_size))
    log_count = (jnp.log(ratio) + mu * jnp.log(jnp.float32(2))) / s
    count = jnp.round(jnp.exp(jnp.clip(log_count, 0.0, log_size)))
    # If the fit is flat, or if there is no fit, every symbol is kept.
    return jnp.where((s > 0) & ~jnp.isnan(count), count, jnp.float32(vocab_size))
