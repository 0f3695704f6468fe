import jax
import jax.numpy as jnp

from lstm_music_jax.generation.decoders.base import (
    Choice,
    Decoder,
    best_candidates,
    only_first,
)
from lstm_music_jax.types import Array, Float


class StochasticBeam(Decoder):
    """Draws sequences without replacement: stochastic beam search.

        G(x) = ln q(x) + Gumbel noise

    q is the distribution that the strategy shapes. The members are the sequences x of
    the largest G, the largest one first. So no two members are equal, the first one is
    a sample of q, and each later one a sample of what the earlier ones left of q.

    The noise of all sequences is never drawn. The largest G among the sequences that
    begin with the same symbols is ln q of these symbols plus Gumbel noise, too. So a
    beam of these beginnings finds the sequences. A member's continuations get noisy
    log-probabilities, of which the largest is made equal to the member's own G.

    The log-weight of a member is its G. `log_importance_weights` makes weights of them.
    If there are fewer sequences than members, the others have a log-weight of -inf.

    Args:
        members: number of sequences, 1 or more.

    Reference: Kool et al. 2019, https://arxiv.org/abs/1903.06059
    """

    def first_log_weights(self, key):
        return only_first(self.members, jax.random.gumbel(key))

    def choose(self, candidates, state, key):
        totals = candidates.total_strategy_log_prob[:, None]
        totals = totals + candidates.strategy_log_probs
        # The fine noise also draws the symbols of very small probabilities.
        noise = jax.random.gumbel(key, totals.shape, mode="high")
        perturbed = _with_maximum(totals + noise, candidates.log_weights[:, None])
        possible = (totals > -jnp.inf) & (candidates.log_weights > -jnp.inf)[:, None]
        perturbed = jnp.where(possible, perturbed, -jnp.inf)
        return Choice(*best_candidates(perturbed, self.members)), state


def log_importance_weights(
    log_probs: Float[Array, "*b m"],
    perturbed: Float[Array, "*b m"],
    *,
    normalised: bool = False,
) -> Float[Array, "*b m"]:
    """Return the log-weights with which a stochastic beam estimates means under q.

        E f(x) = E sum_i w_i f(x_i)        w_i = q(x_i) / P(G(x_i) > threshold)

    The threshold is the smallest G of the members. The sum is an unbiased estimate. The
    member with the smallest G only gives the threshold, so its weight is 0. A beam of
    one member thus gives no estimate. With `normalised`, the weights of each beam have
    the sum 1. The estimate is then biased, but often has a smaller error.

    Args:
        log_probs: log-probabilities ln q of all symbols of each member, nats: the sums
            of `strategy_log_probs`, from the first symbol that the beam drew.
        perturbed: the log-weights of the members of `StochasticBeam`.
        normalised: whether to divide the weights by their sum.
    """
    threshold = jnp.min(perturbed, axis=-1, keepdims=True)
    kept = perturbed > threshold
    above = jnp.where(kept, log_probs - threshold, 0.0)
    # P(G > t) = 1 - exp(-exp(ln q - t)). Of a long piece, the inner exponential is 0 in
    # float32, so the first terms of the series stand in its place.
    near = jnp.log(-jnp.expm1(-jnp.exp(jnp.maximum(above, -10.0))))
    far = above - jnp.exp(jnp.minimum(above, 0.0)) / 2
    log_weights = log_probs - jnp.where(above < -10, far, near)
    log_weights = jnp.where(kept, log_weights, -jnp.inf)
    if normalised:
        return jax.nn.log_softmax(log_weights)
    return log_weights


def _with_maximum(values, wanted):
    """Move Gumbel noise so that the maximum of each row is the wanted one.

    Gumbel variables whose maximum is known are distributed like the result. This form
    of the formula is stable; see appendix B.3 of the reference.
    """
    highest = jnp.max(values, axis=1, keepdims=True)
    moved = wanted - values + _log_one_minus_exp(values - highest)
    return wanted - jnp.maximum(moved, 0.0) - jnp.log1p(jnp.exp(-jnp.abs(moved)))


def _log_one_minus_exp(x):
    near = jnp.log(-jnp.expm1(x))
    return jnp.where(x > -jnp.log(2.0), near, jnp.log1p(-jnp.exp(x)))
