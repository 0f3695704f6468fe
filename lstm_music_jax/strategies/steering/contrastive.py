import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number, tree
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.strategies.steering.second_model import (
    first_state,
    log_probs_of,
    state_after,
)


class Contrastive(Strategy):
    """Prefers symbols that the model finds more probable than a weaker model does.

        l'_x = ln p_x - ln q_x    where p_x >= alpha max_y p_y, else -inf

    l'_x is the new logit of symbol x. p is the distribution that the strategy is given.
    q is the distribution of the weaker model, the amateur, after all symbols so far.
    The amateur starts from its initial state and reads the prompt too. Probabilities
    q_x below 1e-30 are raised to 1e-30. Without the truncation, symbols that both
    models find improbable could get the highest ratio. Each symbol costs one step of
    the amateur.

    Args:
        model: the amateur, a smaller or less trained model of the same vocabulary. Only
            its `initial_state`, `advance` and `readout` are called.
        alpha: in (0, 1]; 1 keeps only the most probable symbol and its ties.

    State: `SecondModelState`.

    Reference: Li et al. 2022, https://arxiv.org/abs/2210.15097
    """

    permutation_equivariant = False
    model: Model = tree()
    alpha: Number = number(above=0, at_most=1, default=0.1)

    def init(self, vocab_size):
        return first_state(self.model, vocab_size)

    def apply(self, logits, state, key):
        plausible = logits >= jnp.max(logits) + jnp.log(jnp.asarray(self.alpha))
        plausible &= logits > -jnp.inf
        amateur = log_probs_of(state)
        return forbid_unless(plausible, jax.nn.log_softmax(logits) - amateur), state

    def observe(self, token, state):
        return state_after(self.model, state, token)
