"""Order statistics: maxima, a fast sort, and the largest or smallest entries.

Entries of an array are ordered by their keys, which are numbers. A prefix is the set of
all entries whose keys are at or above some threshold. The functions here find prefixes
without sorting.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.types import Array, Bool, Float, Int, Scalar, UInt32


def largest(values: Float[Array, "v"]) -> Int[Array, ""]:
    """Return the index of the maximum, int32; of the first one if there are several.

    No value may be NaN. The function uses two plain reductions. `argmax` is one
    reduction over pairs, which XLA does not vectorise: on a CPU, drawing 64 times from
    308 noisy logits takes 171 us with `argmax` and 43 us with this function.
    """
    last = values.shape[0] - 1
    places = jnp.arange(last + 1, dtype=jnp.int32)
    return jnp.min(jnp.where(values == jnp.max(values), places, last))


def descending(values: Float[Array, "v"]) -> Float[Array, "v"]:
    """Return `values`, float32 without NaN, sorted from the largest to the smallest.

    The values are sorted as integers that have the same order. On a CPU, XLA sorts 308
    integers in 4 us but 308 floats in 32 us, because it compares floats by a function
    call.
    """
    patterns = jax.lax.bitcast_convert_type(values, jnp.int32)
    return jax.lax.bitcast_convert_type(
        _turn_negative(-1 - jnp.sort(-1 - _turn_negative(patterns))), jnp.float32
    )


def _turn_negative(patterns):
    """Return int32 numbers in the same order as floats whose bits are given.

    So number i is less than number j if float i is less than float j. The function is
    its own inverse.

    Args:
        patterns: the bits of the float32 numbers, read as int32.
    """
    return jnp.where(patterns < 0, patterns ^ jnp.int32(0x7FFFFFFF), patterns)


def smallest(values: UInt32[Array, "v"], count: Int[Array, ""]) -> Bool[Array, "v"]:
    """Return a mask that is True for the `count` smallest entries.

    The mask marks all entries below a threshold, which is found exactly by 32
    bisections of its bit pattern, as in `_bisect`. For 64 times 308 values on a CPU,
    the bisections take less than half the time of sorting. They compare signed
    integers, because that takes a sixth less time than comparing unsigned ones.

    Args:
        values: all different.
        count: 0 to v - 1.
    """
    highest = jnp.uint32(1 << 31)
    signed = jax.lax.bitcast_convert_type(values ^ highest, jnp.int32)

    def halve(threshold, bit):
        tried = threshold ^ bit
        fits = jnp.sum(signed < tried, dtype=jnp.int32) <= count
        return jnp.where(fits, tried, threshold), None

    bits = jnp.int32(1) << jnp.arange(31, -1, -1, dtype=jnp.int32)
    lowest = jnp.int32(-(1 << 31))
    return signed < jax.lax.scan(halve, lowest, bits)[0]


def keep_mass(
    keys: Float[Array, "v"],
    weights: Float[Array, "v"],
    mass: Scalar | np.floating | float,
) -> Bool[Array, "v"]:
    """Return the smallest prefix whose weights sum to a given mass or more.

    A prefix holds the entries with the largest keys. It holds all or none of the
    entries with equal keys. So the result does not depend on the order of the entries
    in the array.

    Args:
        keys: the number by which each entry is ordered; not NaN.
        weights: the weight of each entry, 0 or more.
        mass: the smallest allowed sum of the weights in the prefix. If the sum of all
            weights is less, the prefix holds all entries.

    Returns:
        True for the entries in the prefix.
    """
    return _bisect(_sum_reaches, jnp.uint32(0), keys, weights, mass)


def keep_before(
    keys: Float[Array, "v"], reached: Callable[..., Bool[Array, ""]], *operands: Array
) -> Bool[Array, "v"]:
    """Return the longest prefix that does not meet a condition.

    A prefix holds the entries with the largest keys. It holds all or none of the
    entries whose keys are equal.

    Args:
        keys: the number by which each entry is ordered; not NaN.
        reached: the condition, `reached(kept, *operands)`, where `kept` is True for the
            entries in a prefix. It must not hold for the empty prefix. If it holds for
            a prefix, it must hold for all longer ones. Pass a function at the top level
            of a module, because each new function object is compiled anew.
        operands: more arrays, which are passed to `reached`.

    Returns:
        True for the entries in the prefix, which may be empty.
    """
    return _bisect(reached, jnp.uint32(1), keys, *operands)


@partial(jax.jit, static_argnums=0, inline=True)
def _bisect(reached, past, keys, *operands):
    """Return the smallest prefix that meets a condition, or the next smaller prefix.

    A prefix holds the entries whose keys are at or above a threshold. The bit pattern
    of the threshold is found by 32 bisections, because float32 numbers have the order
    of their patterns. Each bisection is one compare-and-sum over v entries. All 32 take
    1.4 us for v=308 on a CPU, where sorting the floats takes 32 us.

    The last bisection, and the comparison that makes the result, are in a loop of their
    own. The inputs of a loop are computed once, before the loop. Otherwise XLA would
    compute the keys again for the result, and could round them differently. Then the
    result could lack the entry whose key is the threshold.

    Args:
        reached: the condition, a function of a prefix and of `operands`. The prefix is
            a mask that is True for its entries. If the condition holds for a prefix, it
            must hold for all longer prefixes.
        past: 0 for the smallest prefix that meets it, 1 for the next smaller prefix.
        keys: the number by which each entry is ordered.
        operands: more arrays, which are passed to `reached`.
    """

    def attempt(threshold, tried):
        kept = keys >= _number(tried)
        return jnp.where(reached(kept, *operands), tried, threshold), kept

    def halve(threshold, bit):
        return attempt(threshold, threshold | bit)[0], None

    def finish(carry, attempted):
        bit, step = attempted
        return attempt(carry[0], (carry[0] | bit) + step), None

    bits = jnp.uint32(1) << jnp.arange(31, 0, -1, dtype=jnp.uint32)
    threshold, _ = jax.lax.scan(halve, jnp.uint32(0), bits)
    attempts = jnp.uint32([1, 0]), jnp.stack([jnp.uint32(0), past])
    carry = threshold, jnp.ones(keys.shape, bool)
    return jax.lax.scan(finish, carry, attempts)[0][1]


def _number(pattern):
    """Return a float32 number, given its rank when all float32 numbers are sorted.

    Ranks below that of -inf, which would give NaN, give -inf.

    Args:
        pattern: the rank, uint32.
    """
    pattern = jnp.maximum(pattern, jnp.uint32(0x007FFFFF))
    positive = pattern >> jnp.uint32(31) == 1
    bits = jnp.where(positive, pattern ^ jnp.uint32(1 << 31), ~pattern)
    return jax.lax.bitcast_convert_type(bits, jnp.float32)


def _sum_reaches(kept, weights, mass):
    return jnp.sum(jnp.where(kept, weights, 0.0)) >= mass
