import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number, size
from lstm_music_jax.generation.decoders.base import (
    Choice,
    Decoder,
    best_candidates,
    only_first,
)


class DiverseBeamSearch(Decoder):
    """Keeps several beams that avoid the symbols of each other: diverse beam search.

        score = ln q(x_1 ... x_n) / n^length_penalty - diversity c(x_n)

    q is the distribution that the strategy shapes. The members are divided into groups,
    and each group is a beam; see `BeamSearch`. At each symbol, the groups choose one
    after another. c(x) is the number of members of earlier groups that have chosen x at
    this symbol. So later groups avoid what earlier groups have chosen at the same
    place. The penalty is not carried on to the next symbol.

    Members that have ended choose nothing: they are neither counted nor penalised.
    Members with a log-weight of -inf are not counted either.

    The log-weight of a member is its score without the last term. The members of a
    group follow each other in the order of their scores.

    Args:
        members: number of members of all groups together.
        groups: number of groups, which divides `members`; 1 is beam search.
        diversity: 0 or more, in nats; with 0, all groups are equal.
        length_penalty: as in `BeamSearch`.

    Reference: Vijayakumar et al. 2016, https://arxiv.org/abs/1610.02424 (Hamming
    diversity)
    """

    groups: int = size(at_least=1)
    diversity: Number = number(at_least=0)
    length_penalty: Number = number(default=0.0)

    def check(self):
        if self.members % self.groups:
            raise self.refusal("groups", f"a divisor of members, {self.members}")

    def first_log_weights(self, key):
        return jnp.tile(only_first(self.members // self.groups), self.groups)

    def choose(self, candidates, state, key):
        width = self.members // self.groups
        scores = candidates.scores(self.length_penalty)

        def choose_one(counts, group):
            first, scores, ended = group
            penalty = jnp.where(ended[:, None], 0.0, self.diversity * counts[None])
            rows, tokens, best = best_candidates(scores - penalty, width)
            # A member without a weight has chosen nothing either.
            counted = ~ended[rows] & (best > -jnp.inf)
            counts = counts.at[tokens].add(counted.astype(jnp.float32))
            return counts, Choice(first + rows, tokens, scores[rows, tokens])

        by_group = jax.tree.map(
            lambda leaf: leaf.reshape(self.groups, width, *leaf.shape[1:]),
            (scores, candidates.ended),
        )
        firsts = width * jnp.arange(self.groups, dtype=jnp.int32)
        nothing = jnp.zeros(scores.shape[1], jnp.float32)
        _, choices = jax.lax.scan(choose_one, nothing, (firsts, *by_group))
        return jax.tree.map(jnp.ravel, choices), state
