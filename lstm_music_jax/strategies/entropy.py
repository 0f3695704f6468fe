"""Shannon entropy, in nats, of a distribution or of its most probable symbols.

The distribution over the most probable symbols is renormalised, so that its
probabilities sum to 1.
"""

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Float, Logits, Scalar


def entropy(logits: Logits) -> Scalar:
    """Return H = -sum_x p_x ln p_x, in nats; from 0 to ln v, apart from rounding.

    p_x is the probability of symbol x, and 0 ln 0 counts as 0. Logits that are all -inf
    give ln v. The result is NaN only if a logit is NaN.
    """
    return entropy_of_kept(jnp.ones(logits.shape, bool), *entropy_terms(logits))


def entropy_terms(
    logits: Logits,
) -> tuple[Float[Array, "v"], Float[Array, "v"]]:
    """Return terms per symbol, whose sums give the entropy of any set of symbols.

    l_x is the logit of symbol x, d_x = max l - l_x, and w_x = exp(-d_x). Over a set
    that holds all symbols with the largest logit, let W = sum w_x and U = sum w_x d_x.
    The distribution over this set, renormalised, has the entropy ln W + U / W.

    `entropy_of_kept` adds the terms. It gets W - 1 and not W, because W is 1 or more,
    and float32 would round the small w_x of improbable symbols away.

    Returns:
        For each symbol, its term of W - 1. It is w_x, except for the n symbols with the
        largest logit, for which it is 1 - 1/n.
        For each symbol, its term of U, which is w_x d_x.
    """
    peak = jnp.max(logits)
    # The test `depth == 0` would be wrong. If the logits were scaled before, XLA may
    # fuse the scaling with the subtraction. The largest logit then has a depth near 0.
    top = logits == peak
    # A depth of 200 gives the weight 0 in float32, as inf does; 0 times inf is NaN.
    depth = jnp.where(top, 0.0, jnp.minimum(peak - logits, 200.0))
    weight = jnp.exp(-depth)
    # The 1 of W - 1 is subtracted in equal parts from all symbols with the largest
    # logit, so renaming symbols changes nothing.
    ties = jnp.sum(jnp.where(top, 1.0, 0.0))
    return jnp.where(top, 1.0 - 1.0 / ties, weight), weight * depth


def entropy_of_kept(
    kept: Bool[Array, "v"], excess: Float[Array, "v"], spread: Float[Array, "v"]
) -> Scalar:
    """Return the entropy of the distribution over the kept symbols, renormalised.

    Args:
        kept: True for the kept symbols. They must include all symbols with the largest
            logit, unless no symbol is kept; the entropy is then 0.
        excess: for each symbol x, w_x = exp(l_x - max l), where l_x is its logit. For
            the n symbols with the largest logit it is 1 - 1/n, so that the sum over the
            kept symbols is the sum of their w_x, less 1.
        spread: for each symbol x, w_x times max l - l_x. `entropy_terms` makes both.
    """
    beyond_one = jnp.sum(jnp.where(kept, excess, 0.0))
    return jnp.log1p(beyond_one) + (
        jnp.sum(jnp.where(kept, spread, 0.0)) / (1.0 + beyond_one)
    )
