"""A strategy of one's own: what occurs becomes more likely for a while.

    python experiments/generate.py --run runs/quickstart \
        --plugin experiments/plugins/echo.py --strategy "Chain(Echo(0.8), TopP(0.95))"

Cost: that of generate.py. Expect: music that comes back to its last notes more often.
"""

import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies import Strategy


class Echo(Strategy):
    """Adds a bonus to the logit of every symbol that has occurred.

    Each further symbol halves the bonus. If a symbol occurs again, it gets another one.

    Args:
        bonus: 0 or more nats.

    State: the multiple of the bonus that each symbol gets, float32 `[v]`.
    """

    bonus: Number = number(at_least=0)

    def init(self, vocab_size):
        return jnp.zeros(vocab_size)

    def apply(self, logits, state, key):
        return logits + self.bonus * state, state

    def observe(self, token, state):
        return (0.5 * state).at[token].add(1.0)
