"""The one primitive behind every truncating strategy, without a sort.

Symbols are taken in descending order of `keys` until something is reached, such as a
sum of weights: with keys and weights both the probabilities that is the nucleus; with
weights of one and a sum of k, the top k.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from lstm_music_jax.strategies.base import Hyperparameter
from lstm_music_jax.types import Array, Bool, Float, Logits


def keep_mass(
    keys: Float[Array, "v"], weights: Float[Array, "v"], mass: Hyperparameter
) -> Bool[Array, "v"]:
    """Return which entries the smallest prefix whose `weights` reach `mass` holds.

    Entries of equal keys stand or fall together, so that relabelling the symbols
    never changes the result. If all weights together do not reach `mass`, all stay.
    """
    return _bisect(_sum_reaches, keys, weights, mass)[0]


def keep_before(
    keys: Float[Array, "v"], reached: Callable[..., Bool[Array, ""]], *operands: Array
) -> Bool[Array, "v"]:
    """Return which entries the longest prefix holds that has not `reached` something.

    Args:
        keys: their descending order is that of the prefixes; equals are in together.
        reached: `reached(kept, *operands)` tells it of a prefix, given which entries
            are in; true of all that are longer than one of which it is true. The
            prefix returned may be empty. A function of a module, not of a call: it is
            compiled once where nothing else compiles it.
        operands: what else `reached` needs.
    """
    return _bisect(reached, keys, *operands)[1]


def forbid_unless(keep: Bool[Array, "v"], logits: Logits) -> Logits:
    """Return `logits` with -inf where `keep` is false."""
    return jnp.where(keep, logits, -jnp.inf)


@partial(jax.jit, static_argnums=0, inline=True)
def _bisect(reached, keys, *operands):
    """Return the smallest prefix that `reached`, else all, and the largest that not.

    Float32 numbers are ordered as their bit patterns are, so 32 halvings of the
    pattern find the threshold between the two exactly, each by one compare-and-sum
    over v entries; a sort costs five to ten times more at v=308 on a CPU.

    In two rounds of a loop, for one reason: what a loop reads is computed once,
    before it. Otherwise XLA computes the keys anew for each comparison, may round
    them otherwise each time, and loses the one symbol that is the threshold.
    """
    patterns = _ordered_patterns(keys)

    def halve(carry, bits):
        threshold, enough, too_few = carry
        for bit in bits:
            tried = patterns >= threshold | bit
            done = reached(tried, *operands)
            threshold = jnp.where(done, threshold | bit, threshold)
            enough = jnp.where(done, tried, enough)
            too_few = jnp.where(done, too_few, tried)
        return (threshold, enough, too_few), None

    everything = jnp.ones(patterns.shape, bool)
    bits = jnp.uint32(1) << jnp.arange(31, -1, -1, dtype=jnp.uint32).reshape(2, 16)
    carry = (jnp.uint32(0), everything, ~everything)
    (_, enough, too_few), _ = jax.lax.scan(halve, carry, bits)
    return enough, too_few


def _sum_reaches(kept, weights, mass):
    return jnp.sum(jnp.where(kept, weights, 0.0)) >= mass


def _ordered_patterns(keys):
    # The patterns of -0.0 and 0.0 differ though they tie. (XLA drops an added 0.)
    bits = jax.lax.bitcast_convert_type(jnp.where(keys == 0, 0.0, keys), jnp.uint32)
    negative = bits >> jnp.uint32(31) == 1
    return jnp.where(negative, ~bits, bits | jnp.uint32(1 << 31))
