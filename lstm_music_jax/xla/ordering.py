"""The largest of some numbers, and a sort for the few formulas about ranks."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.types import Array, Bool, Float, Int, Scalar


def largest(values: Float[Array, "v"]) -> Int[Array, ""]:
    """Return where the first maximum stands, as `argmax` does; int32.

    Two plain reductions. XLA does not vectorise the one over pairs that `argmax` is:
    on a CPU, with the noise that is drawn in it, that takes four times as long (64
    times 308 numbers: 171 and 43 us).
    """
    last = values.shape[0] - 1
    places = jnp.arange(last + 1, dtype=jnp.int32)
    return jnp.min(jnp.where(values == jnp.max(values), places, last))


def descending(values: Float[Array, "v"]) -> Float[Array, "v"]:
    """Return float32 `values` from the largest to the smallest; none may be NaN.

    XLA sorts integers on a CPU eight times as fast as floats, whose order it asks a
    function for (308 of them: 4 and 32 us); bit patterns have the floats' order where
    those of negative numbers are turned around.
    """
    patterns = jax.lax.bitcast_convert_type(values, jnp.int32)
    return jax.lax.bitcast_convert_type(
        _turn_negative(-1 - jnp.sort(-1 - _turn_negative(patterns))), jnp.float32
    )


def _turn_negative(patterns):
    """Undo itself."""
    return jnp.where(patterns < 0, patterns ^ jnp.int32(0x7FFFFFFF), patterns)


def keep_mass(
    keys: Float[Array, "v"],
    weights: Float[Array, "v"],
    mass: Scalar | np.floating | float,
) -> Bool[Array, "v"]:
    """Return which entries the smallest prefix whose `weights` reach `mass` holds.

    Entries of equal keys stand or fall together, so that relabelling the symbols
    never changes the result. If all weights together do not reach `mass`, all stay.
    """
    return _bisect(_sum_reaches, jnp.uint32(0), keys, weights, mass)


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
    return _bisect(reached, jnp.uint32(1), keys, *operands)


@partial(jax.jit, static_argnums=0, inline=True)
def _bisect(reached, past, keys, *operands):
    """Return the smallest prefix that `reached`, or the one before if `past` is 1.

    Float32 numbers are ordered as their bit patterns are, so 32 halvings of the
    pattern find the threshold between the two exactly, each by one compare-and-sum
    over v entries: 1.4 us at v=308 on a CPU, where sorting floats takes 32.

    The last two looks are a loop of their own for one reason: what a loop reads is
    computed once, before it. Otherwise XLA computes the keys anew for the last one,
    may round them otherwise, and loses the one symbol that is the threshold.
    """

    def attempt(threshold, tried):
        kept = keys >= _number(tried)
        return jnp.where(reached(kept, *operands), tried, threshold), kept

    def halve(threshold, bit):
        return attempt(threshold, threshold | bit)[0], None

    def finish(carry, look):
        bit, step = look
        return attempt(carry[0], (carry[0] | bit) + step), None

    bits = jnp.uint32(1) << jnp.arange(31, 0, -1, dtype=jnp.uint32)
    threshold, _ = jax.lax.scan(halve, jnp.uint32(0), bits)
    looks = jnp.uint32([1, 0]), jnp.stack([jnp.uint32(0), past])
    carry = threshold, jnp.ones(keys.shape, bool)
    return jax.lax.scan(finish, carry, looks)[0][1]


def _number(pattern):
    """Return the float32 of that rank in the order of all, -inf for the lowest."""
    pattern = jnp.maximum(pattern, jnp.uint32(0x007FFFFF))
    positive = pattern >> jnp.uint32(31) == 1
    bits = jnp.where(positive, pattern ^ jnp.uint32(1 << 31), ~pattern)
    return jax.lax.bitcast_convert_type(bits, jnp.float32)


def _sum_reaches(kept, weights, mass):
    return jnp.sum(jnp.where(kept, weights, 0.0)) >= mass
