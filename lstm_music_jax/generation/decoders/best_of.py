import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.generation.decoders.base import Choice, Decoder


class BestOf(Decoder):
    """Draws every member by itself, and picks the one that the model finds best.

        score = ln p(x_1 ... x_n) / n^length_penalty

    p is the probability under the model, and n the number of drawn symbols, with the
    stop symbol. The log-weight of a member is its score. The member of the highest
    score stands for the population.

    `best_of` chooses pieces by any measure of `evaluation` instead.

    Args:
        members: number of members, 1 or more.
        length_penalty: any finite number. With 0, scores are log-probabilities, so that
            short sequences win. With 1, they are means per symbol.

    Reference: Adiwardana et al. 2020 (sample-and-rank),
    https://arxiv.org/abs/2001.09977
    """

    length_penalty: Number = number(default=0.0)

    def choose(self, candidates, state, key):
        everyone = jnp.arange(self.members, dtype=jnp.int32)
        totals = candidates.total_log_prob
        totals = totals + candidates.log_probs[everyone, candidates.drawn]
        scores = totals / candidates.length_after() ** self.length_penalty
        return Choice(everyone, candidates.drawn, scores), state
