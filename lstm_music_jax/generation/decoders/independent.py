import jax.numpy as jnp

from lstm_music_jax.generation.decoders.base import Choice, Decoder, pick_by_weight


class Independent(Decoder):
    """Draws every member by itself; the members do not compete.

    All weights are 1. One piece stands for the population: a member at random.

    Args:
        members: number of members, 1 or more.
    """

    def choose(self, candidates, state, key):
        everyone = jnp.arange(self.members, dtype=jnp.int32)
        return Choice(everyone, candidates.drawn, candidates.log_weights), state

    def pick(self, log_weights, key):
        return pick_by_weight(log_weights, key)
