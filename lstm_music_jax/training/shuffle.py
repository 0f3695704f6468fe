"""The random order in which an epoch reads windows or pieces, which is never stored."""

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Int, PRNGKey
from lstm_music_jax.xla.bits import mix


def epoch_order(
    key: PRNGKey, epoch: Int[Array, ""], positions: Int[Array, "b"], count: int
) -> Int[Array, "b"]:
    """Return `permutation[positions]`, for a random permutation of 0 to `count` - 1.

    Only the entries at `positions` are computed. A four-round Feistel network (Luby &
    Rackoff 1988) permutes the integers below a power of two that is at least `count`.
    It is applied again until the result is below `count` (cycle walking, Black &
    Rogaway 2002).

    Args:
        key: the key for the permutations of all epochs.
        epoch: number of the epoch; every epoch has its own permutation.
        positions: integers from 0 to `count` - 1.
        count: number of permuted integers.
    """
    bits = max(2, (count - 1).bit_length())
    round_keys = jax.random.bits(jax.random.fold_in(key, epoch), (4,), "uint32")

    def permute(value):
        right_bits, left_bits = bits // 2, bits - bits // 2
        left, right = value >> right_bits, value & _ones(right_bits)
        for round_key in round_keys:
            left, right = right, left ^ (mix(right ^ round_key) & _ones(left_bits))
            left_bits, right_bits = right_bits, left_bits
        return (left << right_bits) | right

    permuted = jax.lax.while_loop(
        lambda value: jnp.any(value >= count),
        lambda value: jnp.where(value < count, value, permute(value)),
        permute(positions.astype(jnp.uint32)),
    )
    return permuted.astype(jnp.int32)


def _ones(bits):
    return jnp.uint32((1 << bits) - 1)
