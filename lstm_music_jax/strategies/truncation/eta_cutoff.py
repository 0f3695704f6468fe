import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.strategies.entropy import entropy


class EtaCutoff(Strategy):
    """Keeps the symbols with p_x >= eta, a floor that falls as the entropy H rises.

        eta = min(epsilon, sqrt(epsilon) e^-H)

    p_x is the probability of symbol x, and H is in nats. The most probable symbol is
    always kept. At low entropy the floor is epsilon, as in `EpsilonCutoff`. e^-H is the
    probability of each symbol in a flat distribution of entropy H.

    Args:
        epsilon: in (0, 1); the paper suggests 3e-4 to 4e-3 for 50,000 words.

    Reference: Hewitt, Manning & Liang 2022, https://arxiv.org/abs/2210.15191
    """

    epsilon: Number = number(above=0, below=1)

    def apply(self, logits, state, key):
        eta = jnp.minimum(
            self.epsilon, jnp.sqrt(self.epsilon) * jnp.exp(-entropy(logits))
        )
        keep = jax.nn.softmax(logits) >= eta
        return forbid_unless(keep | (logits == jnp.max(logits)), logits), state
