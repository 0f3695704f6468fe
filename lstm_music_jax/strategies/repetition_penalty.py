"""Repetition penalty: what has sounded before becomes less likely."""

from typing import ClassVar

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)


@pytree
class RepetitionPenalty(Strategy):
    """See `repetition_penalty`. Its state: which symbols have been seen, bool `[v]`."""

    shift_invariant: ClassVar[bool] = False
    penalty: Hyperparameter
    by_sign: bool = static()

    def init(self, vocab_size):
        """Nothing has been seen."""
        return jnp.zeros(vocab_size, bool)

    def apply(self, logits, state, key):
        """Discount what has been seen."""
        discounted = logits / self.penalty
        if self.by_sign:
            discounted = jnp.where(logits > 0, discounted, logits * self.penalty)
        return jnp.where(state, discounted, logits), state

    def observe(self, token, state):
        """Mark the symbol as seen."""
        return state.at[token].set(True)


def repetition_penalty(penalty: Setting, *, by_sign: bool = False) -> RepetitionPenalty:
    """Divide the logits of all symbols seen so far, the prompt's too, by a penalty.

        l_x / penalty    for x seen,    l_x    otherwise

    That is the paper's formula, and it raises a negative logit. What is widely
    shipped (transformers, llama.cpp) multiplies negative logits instead, so that the
    penalty always lowers: ask for it by `by_sign=True`. Neither is invariant to a
    shift of the logits.

    Args:
        penalty: above 0; 1 does nothing, 1.2 is the paper's; below 1 rewards.
        by_sign: multiply where the logit is negative.

    Reference: Keskar et al. 2019 (CTRL), https://arxiv.org/abs/1909.05858
    """
    return RepetitionPenalty(
        hyperparameter("repetition_penalty", penalty, lambda p: p > 0, "above 0"),
        bool(by_sign),
    )
