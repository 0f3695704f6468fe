import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.generation.decoders.base import Choice, Decoder, pick_by_weight
from lstm_music_jax.strategies.base import Strategy, observe_all
from lstm_music_jax.types import Array, Float, Int, PRNGKey


class SMC(Decoder):
    """Samples from a distribution over whole sequences: sequential Monte Carlo.

    A strategy renormalises the distribution of each symbol. So a sequence's probability
    depends on how much the strategy cuts off along the way. This decoder corrects that
    by weights. Each member draws its symbols as the strategy shapes them, and its
    weight is multiplied by

        f(x) / q(x)

    q is the shaped distribution and f a non-negative function, the target. Without
    `target`, f is the model's probability. Then the weighted members are samples of the
    model's distribution over all sequences that the strategy allows. For a strategy
    that only truncates, f / q is the kept mass. With `target`, f is the exponential of
    the logits that `target` makes of the model's log-probabilities, without
    normalisation. `Temperature(0.8)` gives p(x)^(1 / 0.8) of the whole sequence, and
    `ProductOfExperts(1, model=other)` multiplies p by the probability under another
    model. With `Obey` as the strategy, the members are samples of the model's
    distribution under the condition that the automaton accepts the sequence.

    The mean weight is an unbiased estimate of the normaliser, the sum of the product of
    all f over all sequences. When the effective sample size (sum w)^2 / sum w^2 falls
    below `threshold` times `members`, the members are resampled in proportion to their
    weights by systematic resampling. All weights then become the mean weight.

    One piece stands for the population: a member drawn in proportion to its weight.

    Args:
        members: number of particles, 1 or more.
        threshold: in [0, 1]; 0 never resamples, 1 at every symbol after which the
            weights differ.
        target: a strategy; by default, the target is the model.

    State: the states of `target`, one per member.

    Reference: Doucet & Johansen 2009, A tutorial on particle filtering and smoothing.
    """

    weighted_samples = True
    copies_draw = True
    threshold: Number = number(at_least=0, at_most=1, default=0.5)
    target: Strategy | None = None

    def check(self):
        if self.target is not None and not isinstance(self.target, Strategy):
            raise self.refusal("target", "a strategy, such as Temperature(0.8)")

    def init(self, vocab_size, prompt, key):
        if self.target is None:
            return ()
        state = observe_all(self.target, prompt.tokens, vocab_size)
        return jax.tree.map(
            lambda leaf: jnp.broadcast_to(leaf, (self.members, *leaf.shape)), state
        )

    def choose(self, candidates, state, key):
        resampling_key, target_key = jax.random.split(key)
        tokens = candidates.drawn
        rows = jnp.arange(self.members, dtype=jnp.int32)
        target = candidates.log_probs
        if self.target is not None:
            keys = jax.random.split(target_key, self.members)
            target, state = jax.vmap(self.target.apply)(target, state, keys)
            # A member that has ended keeps its weight.
            target = jnp.where(candidates.ended[:, None], 0.0, target)
        ratios = target[rows, tokens] - candidates.strategy_log_probs[rows, tokens]
        log_weights = candidates.log_weights + ratios
        ancestors, log_weights = _resampled(log_weights, self.threshold, resampling_key)
        tokens = tokens[ancestors]
        if self.target is not None:
            state = jax.tree.map(lambda leaf: leaf[ancestors], state)
            state = jax.vmap(self.target.observe)(tokens, state)
        return Choice(ancestors, tokens, log_weights), state

    def pick(self, log_weights, key):
        return pick_by_weight(log_weights, key)


def _resampled(log_weights, threshold, key):
    """Return the ancestors and the log-weights of members that may be resampled."""
    members = log_weights.shape[0]
    top = jnp.max(log_weights)
    weights = jnp.exp(log_weights - jnp.where(top > -jnp.inf, top, 0.0))
    total = jnp.sum(weights)
    effective = jnp.where(total > 0, total**2 / jnp.sum(weights**2), members)
    few = effective < threshold * members
    mean = top + jnp.log(total / members)
    ancestors = jnp.where(
        few, systematic(weights, key), jnp.arange(members, dtype=jnp.int32)
    )
    return ancestors, jnp.where(few, mean, log_weights)


def systematic(weights: Float[Array, "m"], key: PRNGKey) -> Int[Array, "m"]:
    """Return the ancestors of m new members by systematic resampling.

    A member of normalised weight w has m w children, rounded up or down, and exactly m
    w in the mean. One random number shifts all points.

    Args:
        weights: weights of the members, 0 or more, with a sum above 0.
        key: random key.
    """
    members = weights.shape[0]
    ends = jnp.cumsum(weights)
    shift = jax.random.uniform(key)
    points = (jnp.arange(members, dtype=jnp.float32) + shift) / members * ends[-1]
    ancestors = jnp.searchsorted(ends, points, side="right").astype(jnp.int32)
    # Rounding may put a point on a member without weight. The last member before it
    # that has a weight takes its place.
    rows = jnp.arange(members, dtype=jnp.int32)
    weighted = jax.lax.cummax(jnp.where(weights > 0, rows, 0))
    return weighted[jnp.minimum(ancestors, members - 1)]
