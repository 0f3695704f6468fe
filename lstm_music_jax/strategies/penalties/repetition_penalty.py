import jax.numpy as jnp

from lstm_music_jax.fields import Number, flag, number
from lstm_music_jax.strategies.base import Strategy, where_possible


class RepetitionPenalty(Strategy):
    """Divides the logits of all symbols seen so far by a penalty.

        l_x / penalty    for x seen,    l_x    otherwise

    l_x is the logit of symbol x. The symbols of the prompt count too. This is the
    paper's formula, and it raises a negative logit if the penalty is above 1.
    transformers and llama.cpp multiply negative logits by the penalty instead, so that
    it lowers them too; `by_sign=True` does that. Neither form is invariant to a shift
    of the logits.

    Args:
        penalty: above 0; 1 does nothing, 1.2 is the paper's; below 1 does the reverse.
        by_sign: whether to multiply negative logits by the penalty.

    State: which symbols have been seen, bool `[v]`.

    Reference: Keskar et al. 2019 (CTRL), https://arxiv.org/abs/1909.05858
    """

    shift_invariant = False
    penalty: Number = number(above=0)
    by_sign: bool = flag(default=False, kw_only=True)

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, bool)

    def apply(self, logits, state, key):
        def discount(finite):
            discounted = finite / self.penalty
            if self.by_sign:
                discounted = jnp.where(finite > 0, discounted, finite * self.penalty)
            return jnp.where(state, discounted, finite)

        return where_possible(logits, discount), state

    def observe(self, token, state):
        return state.at[token].set(True)
