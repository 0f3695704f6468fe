from lstm_music_jax.fields import Number, number, tree
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import Strategy, where_possible
from lstm_music_jax.strategies.steering.second_model import (
    first_state,
    log_probs_of,
    state_after,
)


class ProductOfExperts(Strategy):
    """Multiplies the probabilities by a power of those of a second model.

        l'_x = l_x + weight ln q_x

    q is the distribution of the second model after all symbols so far. It starts from
    its initial state and reads the prompt too. Probabilities q_x below 1e-30 are raised
    to 1e-30. Each symbol costs one step of the second model.

    The distribution is normalised at each symbol. As the target of the decoder `SMC`,
    the product p(x) q(x)^weight of whole sequences is normalised once instead.

    Args:
        weight: any finite number; 0 does nothing, below 0 avoids what the second model
            finds probable.
        model: the second model, of the same vocabulary. Only its `initial_state`,
            `advance` and `readout` are called.

    State: `SecondModelState`.

    Reference: Hinton 2002, https://doi.org/10.1162/089976602760128018
    """

    permutation_equivariant = False
    weight: Number = number()
    model: Model = tree()

    def init(self, vocab_size):
        return first_state(self.model, vocab_size)

    def apply(self, logits, state, key):
        bonus = self.weight * log_probs_of(state)
        return where_possible(logits, lambda finite: finite + bonus), state

    def observe(self, token, state):
        return state_after(self.model, state, token)
