"""Shannon entropy of a whole distribution, or of its most probable symbols, in nats."""

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Float, Logits, Scalar


def entropy(logits: Logits) -> Scalar:
    """Return H = -sum_x p_x ln p_x with 0 ln 0 = 0: from 0 to ln v, never NaN."""
    return entropy_of_kept(jnp.ones(logits.shape, bool), *entropy_terms(logits))


def entropy_terms(
    logits: Logits,
) -> tuple[Float[Array, "v"], Float[Array, "v"]]:
    """Return the terms that `entropy_of_kept` sums: one of W - 1 and U per symbol.

    With d_x = max l - l_x and w_x = exp(-d_x), the entropy of a set that holds the
    most probable symbols is ln W + U / W, where W = sum w_x and U = sum w_x d_x.
    """
    peak = jnp.max(logits)
    # The test `depth == 0` would be wrong. If the logits were scaled before, XLA may
    # fuse the scaling with the subtraction. The largest logit then has a depth near 0.
    top = logits == peak
    # A depth of 200 gives the weight 0 in float32, as inf does; 0 times inf is NaN.
    depth = jnp.where(top, 0.0, jnp.minimum(peak - logits, 200.0))
    weight = jnp.exp(-depth)
    # The terms sum to W - 1 and not to W, because in 1 + w the small w of an improbable
    # symbol would be lost. The 1 is divided among all symbols with the largest logit,
    # so renaming symbols changes nothing.
    ties = jnp.sum(jnp.where(top, 1.0, 0.0))
    return jnp.where(top, 1.0 - 1.0 / ties, weight), weight * depth


def entropy_of_kept(
    kept: Bool[Array, "v"], excess: Float[Array, "v"], spread: Float[Array, "v"]
) -> Scalar:
    """Return the entropy of the renormalised distribution over the symbols `kept`.

    Args:
        kept: True for the symbols of the set. All symbols with the largest logit must
            be kept, or no symbol; the entropy of no symbol is 0.
        excess, spread: the two results of `entropy_terms`.
    """
    beyond_one = jnp.sum(jnp.where(kept, excess, 0.0))
    return jnp.log1p(beyond_one) + (
        jnp.sum(jnp.where(kept, spread, 0.0)) / (1.0 + beyond_one)
    )
