"""Contrastive decoding: what the model finds likelier than a weaker one does."""

from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.types import Logits, PyTree

_LEAST_PROBABILITY = 1e-30


class ContrastiveState(NamedTuple):
    """The amateur's state after the last symbol, and its logits of the next."""

    model_state: PyTree
    logits: Logits


@pytree
class Contrastive(Strategy):
    """See `contrastive`. Its state: `ContrastiveState`."""

    permutation_equivariant: ClassVar[bool] = False
    model: Any
    alpha: Hyperparameter

    def init(self, vocab_size):
        """The zero state; the logits are there for their shape."""
        return ContrastiveState(
            self.model.initial_state(), jnp.zeros(vocab_size, jnp.float32)
        )

    def apply(self, logits, state, key):
        """Keep the plausible symbols, at the ratio of the two probabilities."""
        plausible = logits >= jnp.max(logits) + jnp.log(jnp.asarray(self.alpha))
        least = jnp.log(jnp.float32(_LEAST_PROBABILITY))
        amateur = jnp.maximum(jax.nn.log_softmax(state.logits), least)
        plausible &= logits > -jnp.inf
        return forbid_unless(plausible, jax.nn.log_softmax(logits) - amateur), state

    def observe(self, token, state):
        """Let the amateur read the symbol."""
        model_state, logits = self.model.step(state.model_state, token)
        return ContrastiveState(model_state, logits.astype(jnp.float32))


def contrastive(model: Any, alpha: Setting = 0.1) -> Contrastive:
    """Weigh symbols by how much likelier they are than an amateur model finds them.

        l'_x = ln p_x - ln q_x    where p_x >= alpha max_y p_y, else -inf

    q, no less than 1e-30, is the amateur's distribution after all symbols so far, the
    prompt's too, read from its zero state. The truncation keeps the ratio from
    raising symbols that both find improbable. Costs a step of the amateur a note.

    Args:
        model: a smaller or less trained model of the same vocabulary, with
            `initial_state()` and `step(state, token)`.
        alpha: in (0, 1]; 1 keeps the most probable one and its equals.

    Reference: Li et al. 2022, https://arxiv.org/abs/2210.15097
    """
    return Contrastive(
        model,
        hyperparameter("alpha", alpha, lambda a: (a > 0) & (a <= 1), "in (0, 1]"),
    )
