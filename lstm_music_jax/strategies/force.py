"""Force: given symbols at given notes."""

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Hyperparameter, Strategy, hyperparameter


@pytree
class Force(Strategy):
    """See `force`. Its state: how many notes have been drawn, int32."""

    permutation_equivariant: ClassVar[bool] = False
    positions: Hyperparameter
    tokens: Hyperparameter

    def init(self, vocab_size):
        """No note has been drawn."""
        return jnp.int32(0)

    def apply(self, logits, state, key):
        """Forbid all but the forced symbol, where there is one; count the note."""
        here = jnp.asarray(self.positions) == state
        token = jnp.sum(jnp.where(here, jnp.asarray(self.tokens), 0))
        # What a stage before has forbidden is possible again: it is asked for.
        possible = jnp.where(logits > -jnp.inf, logits, 0.0)
        ids = jnp.arange(logits.shape[0], dtype=jnp.int32)
        forced = jnp.where(ids == token, possible, -jnp.inf)
        return jnp.where(jnp.any(here), forced, logits), state + 1


def force(positions: Sequence[int], tokens: Sequence[int]) -> Force:
    """Draw tokens[i] as generated note number positions[i], whatever its probability.

    Put it last in a chain. A token beyond the vocabulary forbids everything, and the
    model decides.

    Args:
        positions: one or more different numbers of notes; 0 is the first drawn.
        tokens: as many ids, 0 or more each.
    """
    if len(positions) == 0 or len(set(positions)) < len(positions):
        raise ValueError(
            f"positions is {positions}; it must be one or more different numbers"
        )
    if len(tokens) != len(positions):
        raise ValueError(
            f"tokens is {tokens}; it must be {len(positions)} ids, one a position"
        )
    return Force(
        hyperparameter(
            "positions", list(positions), lambda p: p >= 0, "0 or more", np.int32
        ),
        hyperparameter("tokens", list(tokens), lambda t: t >= 0, "0 or more", np.int32),
    )
