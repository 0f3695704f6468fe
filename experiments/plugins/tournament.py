"""A decoder of one's own: members that have become improbable give way to others.

    python experiments/generate.py --run runs/quickstart \
        --plugin experiments/plugins/tournament.py --decoder "Tournament(8)"

Cost: that of generate.py, for 8 pieces in place of one. Expect: more probable music.
"""

import jax
import jax.numpy as jnp

from lstm_music_jax import Choice, Decoder


class Tournament(Decoder):
    """Continues the more probable of two members, for each new member.

    Args:
        members: number of members, 1 or more.
    """

    def choose(self, candidates, state, key):
        symbols, everyone = candidates.drawn, jnp.arange(self.members)
        totals = candidates.total_log_prob + candidates.log_probs[everyone, symbols]
        one, other = jax.random.randint(key, (2, self.members), 0, self.members)
        winners = jnp.where(totals[one] >= totals[other], one, other)
        return Choice(winners, symbols[winners], totals[winners]), state
